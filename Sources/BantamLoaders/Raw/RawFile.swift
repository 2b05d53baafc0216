import BantamTensors

/// Bare numbers in files, described by a manifest or by a ``RawLayout``.
///
/// Little-endian numbers that are aligned are mapped in place.
public struct RawFile: TensorFile {
    /// The path as the user gave it.
    public let path: String
    /// The tensors in the order of the manifest.
    public let entries: [TensorEntry]
    /// Bytes of the data files, each counted once, and of the manifest.
    public let fileByteCount: Int
    private let places: [Place]

    /// Where a tensor is.
    private struct Place {
        var file: MappedFile
        var range: Range<Int>
        var elements: ElementOrder
    }

    /// Opens what a manifest describes.
    ///
    /// - Parameter path: the manifest, or a folder with one `.json` file in it, which is the manifest.
    /// - Throws: ``BantamError`` of kind `corruption` for a bad manifest, `insufficientData` for a tensor that
    ///   reaches beyond its file, `compatibility`, `missingInput` or `io`.
    public init(_ path: String) throws {
        let manifestPath = try RawFile.manifest(at: path)
        let file = try MappedFile(manifestPath)
        let manifest = try locating(file: manifestPath) {
            try withExtendedLifetime(file) { try RawManifest(parsing: file.bytes) }
        }
        let folder = manifestPath.lastIndex(of: "/").map { manifestPath[...$0] } ?? ""
        var files: [ExactString: MappedFile] = [:]
        var places: [Place] = []
        for item in manifest.items {
            try RawFile.blaming(manifestPath, item) {
                let key = ExactString(item.file)
                let data = try files[key] ?? MappedFile(folder + item.file)
                files[key] = data
                let (range, elements) = try item.layout.place(inFileOf: data.bytes.count)
                places.append(Place(file: data, range: range, elements: elements))
            }
        }
        self.path = path
        self.places = places
        entries = manifest.items.map {
            TensorEntry(name: $0.name, dtype: $0.layout.dtype, shape: $0.layout.shape)
        }
        fileByteCount = files.values.reduce(file.bytes.count) { $0 + $1.bytes.count }
    }

    /// Opens a file without a header, all of which is one tensor from `layout.offset` on.
    ///
    /// - Throws: ``BantamError`` of kind `insufficientData` if the file is shorter than the layout says,
    ///   `corruption` if it is longer, `missingInput` or `io`.
    public init(_ path: String, layout: RawLayout) throws {
        let file = try MappedFile(path)
        let name = layout.name ?? TensorEntry.name(ofFile: path)
        let (range, elements) = try locating(file: path) {
            let place = try layout.place(inFileOf: file.bytes.count)
            guard place.range.upperBound == file.bytes.count else {
                throw BantamError(
                    .corruption,
                    "expected \(place.range.count) bytes (\(layout.dtype.rawValue) \(layout.shape)) from byte "
                        + "\(layout.offset) on, found \(file.bytes.count - layout.offset)")
            }
            return place
        }
        self.path = path
        places = [Place(file: file, range: range, elements: elements)]
        entries = [TensorEntry(name: name, dtype: layout.dtype, shape: layout.shape)]
        fileByteCount = file.bytes.count
    }

    /// The format's name.
    public var format: String { "raw" }
    /// Nothing: the format carries no text.
    public var metadata: [(key: String, value: String)] { [] }

    /// The tensor of an entry: mapped if it is little-endian and aligned, else converted.
    public func tensor(at index: Int) throws -> Tensor {
        let place = places[index]
        return place.elements.tensor(in: place.file, place.range)
    }

    /// An error about a data file names the manifest that sent us there too: either may be the wrong one.
    private static func blaming(_ manifest: String, _ item: RawManifest.Item, _ body: () throws -> Void)
        throws
    {
        do { try body() } catch let error as BantamError {
            throw BantamError(
                error.kind, file: manifest, tensor: item.name, "file '\(item.file)': \(error.message)")
        }
    }

    /// Whether an input is a manifest, or a folder that has JSON files and none in safetensors.
    static func recognizes(_ probe: FileProbe) -> Bool {
        guard probe.isFolder else { return probe.isNamed(".json") && !probe.isNamed(SafetensorsIndex.suffix) }
        let names = (FolderListing.names(in: probe.path) ?? []).map { $0.lowercased() }
        return names.contains { $0.hasSuffix(".json") }
            && !names.contains { $0.hasSuffix(".safetensors") || $0.hasSuffix(SafetensorsIndex.suffix) }
    }

    private static func manifest(at path: String) throws -> String {
        // No folder, or none to be read: opening it as a file says which.
        guard let names = FolderListing.names(in: path) else { return path }
        let candidates = names.filter { $0.hasSuffix(".json") }
        guard candidates.count == 1, let name = candidates.first else {
            let found = candidates.isEmpty ? "none" : candidates.prefix(8).joined(separator: ", ")
            throw BantamError(
                candidates.isEmpty ? .missingInput : .invalidArgument, file: path,
                "expected one manifest in .json in this folder, found \(found)")
        }
        return path.hasSuffix("/") ? path + name : path + "/" + name
    }
}
