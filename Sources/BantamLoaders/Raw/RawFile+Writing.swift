import BantamTensors

extension RawFile {
    /// The name of the manifest in a folder that is written.
    static let manifestName = "manifest.json"

    /// Writes a folder with a file of bare little-endian numbers for each tensor, and a manifest.
    ///
    /// - Parameter path: the `manifest.json` that is to be in the folder.
    /// - Throws: ``BantamError`` of kind `invalidArgument` if two tensors have one name or one has none,
    ///   `cannotCreate` or `io`.
    static func write(_ source: TensorSource, to path: String, options: TensorWriteOptions) throws {
        let manifest = try locating(file: path) { try Self.manifest(describing: source.entries) }
        let output = try OutputFolder(OutputPath.folder(of: path), overwriting: options.overwriting) {
            $0 == manifestName || $0.hasSuffix(fileSuffix)
        }
        let files = try manifest.items.map { try output.file($0.file) }
        try options.workers.forEach(source.entries.count) { index in
            let tensor = try source.checkedTensor(at: index)
            try withExtendedLifetime(tensor) { try files[index].write(tensor.storage.bytes, at: 0) }
        }
        let file = try output.file(manifestName)
        try manifest.encoded().withUnsafeBytes { try file.write($0, at: 0) }
        try output.commit()
    }

    private static let fileSuffix = ".bin"

    private static func manifest(describing entries: [TensorEntry]) throws -> RawManifest {
        var names: Set<ExactString> = []
        var taken: Set<String> = []
        return RawManifest(
            try entries.map { entry in
                guard !entry.name.isEmpty, names.insert(ExactString(entry.name)).inserted else {
                    throw BantamError(
                        .invalidArgument, tensor: entry.name, "expected a name that no other tensor has")
                }
                return RawManifest.Item(
                    name: entry.name, file: fileName(for: entry.name, taken: &taken),
                    layout: RawLayout(dtype: entry.dtype, shape: entry.shape))
            })
    }

    /// A file name that every file system takes: ASCII, not too long, no two alike but for their case.
    private static func fileName(for name: String, taken: inout Set<String>) -> String {
        var safe = name.unicodeScalars.prefix(200).map { scalar -> Character in
            let isSafe =
                scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            return isSafe || "-_.".unicodeScalars.contains(scalar) ? Character(scalar) : "_"
        }
        if safe.first == "." { safe[0] = "_" }
        let base = String(safe)
        var candidate = base
        var number = 2
        while !taken.insert(candidate.lowercased()).inserted {
            candidate = "\(base)-\(number)"
            number += 1
        }
        return candidate + fileSuffix
    }
}
