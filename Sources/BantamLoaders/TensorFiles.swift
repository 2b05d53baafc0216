import BantamTensors

/// Opens and writes tensor files of every format this version knows.
///
/// A format is a line in each of two lists: ``recognizers`` says how its files are told apart and opened,
/// ``writers`` by which name they are asked for.
public enum TensorFiles {
    /// One format, as it is recognised and read.
    struct Recognizer: Sendable {
        /// The format's name, for messages.
        var format: String
        /// The name, in lower case, of inputs that nobody recognises and that should be of this format: its
        /// reader can say best what is wrong with them.
        var fallbackSuffix: String?
        /// Whether an input is of this format. Looks at content first; at the name where content says nothing.
        var matches: @Sendable (FileProbe) -> Bool
        /// Opens the input at a path.
        var open: @Sendable (String) throws -> any TensorFile
    }

    /// One format, as it is written.
    struct Writer: Sendable {
        /// The format's name, for messages.
        var format: String
        /// How the names of its files end, in lower case; `/` for a folder.
        var suffixes: [String]
        /// Writes everything a source has to a path.
        var write: @Sendable (TensorSource, String, TensorWriteOptions) throws -> Void
    }

    /// The formats that are read, asked in this order. Those with a signature of their own stand first,
    /// because a name proves nothing.
    static let recognizers: [Recognizer] = [
        Recognizer(
            format: "npy", fallbackSuffix: ".npy", matches: { $0.begins(with: NpyHeader.magic) },
            open: { try NpyFile($0) }),
        Recognizer(
            format: "npz", fallbackSuffix: ".npz", matches: { $0.begins(with: Array("PK".utf8)) },
            open: { try NpzFile($0) }),
        Recognizer(
            format: "raw with manifest", matches: RawFile.recognizes, open: { try RawFile($0) }),
        Recognizer(
            format: "safetensors shards", matches: { $0.isFolder || $0.isNamed(SafetensorsIndex.suffix) },
            open: { try SafetensorsShards.open($0) }),
        Recognizer(
            format: "safetensors", matches: SafetensorsFile.recognizes, open: { try SafetensorsFile($0) }),
    ]

    /// The formats that are written.
    static let writers: [Writer] = [
        Writer(
            format: "safetensors", suffixes: [".safetensors"],
            write: { try SafetensorsWriter.write($0, to: $1, options: $2) }),
        Writer(
            format: "safetensors shards", suffixes: ["/"],
            write: { try SafetensorsShards.write($0, to: $1, options: $2) }),
        Writer(format: "npz", suffixes: [".npz"], write: { try NpzFile.write($0, to: $1, options: $2) }),
        Writer(format: "npy", suffixes: [".npy"], write: { try NpyFile.write($0, to: $1, options: $2) }),
        Writer(
            format: "raw", suffixes: ["/" + RawFile.manifestName],
            write: { try RawFile.write($0, to: $1, options: $2) }),
    ]

    /// Opens the file or folder at `path`, whatever known format it is of.
    ///
    /// - Parameters:
    ///   - path: the file or folder.
    ///   - raw: what the numbers in a file without a header are; the file's format is not looked at then.
    /// - Throws: ``BantamError``: `missingInput` if there is nothing, `compatibility` if the format is not
    ///   known, else what the format's reader throws.
    public static func open(_ path: String, raw: RawLayout? = nil) throws -> any TensorFile {
        if let raw { return try RawFile(path, layout: raw) }
        let probe = try FileProbe(path)
        let recognizer =
            recognizers.first { $0.matches(probe) }
            ?? recognizers.first { $0.fallbackSuffix.map(probe.isNamed) == true }
        guard let recognizer else {
            throw BantamError(
                .compatibility, file: path,
                "expected one of \(recognizers.map(\.format).joined(separator: ", ")), found none of them; "
                    + "say what bare numbers are with --raw dtype=float32,shape=300x64")
        }
        return try recognizer.open(path)
    }

    /// Writes everything `source` has to `path`, in the format that the path's name asks for: a file by its
    /// extension, a folder of shards if the path ends in `/` or is a folder, a folder of bare numbers if it ends in
    /// `/manifest.json`.
    ///
    /// - Throws: ``BantamError``: `invalidArgument` if the name asks for no known format, `cannotCreate` if the
    ///   output exists and may not be replaced, else what the format's writer throws. Then no output is left.
    public static func write(
        _ source: TensorSource, to path: String, options: TensorWriteOptions = TensorWriteOptions()
    ) throws {
        try writer(for: path).write(source, path, options)
    }

    /// Throws what ``write(_:to:options:)`` would throw for the name of an output, before any work is done.
    public static func checkOutputName(_ path: String) throws { _ = try writer(for: path) }

    private static func writer(for path: String) throws -> Writer {
        let name = path.lowercased() + (OutputPath.isFolder(path) ? "/" : "")
        guard let writer = writers.first(where: { $0.suffixes.contains { name.hasSuffix($0) } }) else {
            throw BantamError(
                .invalidArgument, file: path,
                "expected a name that ends in \(writers.flatMap(\.suffixes).joined(separator: ", "))")
        }
        return writer
    }
}
