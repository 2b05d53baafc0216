// Why: the one place that knows which coders there are. A new coder adds its line here and nothing else.

import BantamTensors

/// The coders of this version, by the name users write and by the identifier in a coded array.
public enum Coders {
    /// What is known of a coder before it has parameters.
    struct Kind: Sendable {
        var name: String
        var identifier: UInt8
        /// The coder with the parameter a user wrote after the colon, or with its default.
        var make: @Sendable (_ parameter: String?) throws -> any Coder
    }

    static let all: [Kind] = [
        Kind(name: "zstd", identifier: 1) { try ZstdCoder(parameter: $0) },
        Kind(name: "zlib", identifier: 2) { try ZlibCoder(parameter: $0) },
        Kind(name: "bzip2", identifier: 3) { try Bzip2Coder(parameter: $0) },
        Kind(name: "lz4", identifier: 4) { try LZ4Coder(parameter: $0) },
        Kind(name: "huffman", identifier: 5) { try HuffmanCoder(parameter: $0) },
        Kind(name: "fast", identifier: FastCoder.identifier) { try FastCoder(parameter: $0) },
        Kind(name: "dense", identifier: DenseCoder.identifier) { try DenseCoder(parameter: $0) },
        Kind(name: "max", identifier: MaxForm.written.identifier) { try MaxCoder(parameter: $0) },
    ]

    /// Forms of coders that are read but written no longer.
    private static let earlier: [any Coder] =
        MaxForm.all.filter { $0 != .written }.map { MaxCoder(form: $0) }

    /// The names users can write, without parameters.
    public static var names: [String] { all.map(\.name) }

    /// Every coder, with its default parameters.
    public static var defaults: [any Coder] { all.compactMap { try? $0.make(nil) } }

    /// The coder that `name` writes, such as `zstd` or `zstd:19`; `nil` if no coder is called so.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the parameter is not one of that coder's.
    public static func named(_ name: String) throws -> (any Coder)? {
        let parts = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        return try all.first { $0.name == parts[0] }?.make(parts.count > 1 ? String(parts[1]) : nil)
    }

    /// What users call the coder that wrote an array, without parameters: those are not kept.
    public static func name(of identifier: UInt8) -> String {
        all.first { $0.identifier == identifier }?.name
            ?? earlier.first { $0.identifier == identifier }?.name ?? "coder \(identifier)"
    }

    /// The coder that wrote an array.
    ///
    /// - Throws: ``BantamError`` of kind `compatibility` if this version does not know it.
    public static func identified(by identifier: UInt8) throws -> any Coder {
        if let coder = earlier.first(where: { $0.identifier == identifier }) { return coder }
        guard let kind = all.first(where: { $0.identifier == identifier }) else {
            let known = (all.map { ($0.identifier, $0.name) } + earlier.map { ($0.identifier, $0.name) })
                .sorted { $0.0 < $1.0 }.map { "\($0.0) (\($0.1))" }.joined(separator: ", ")
            throw BantamError(
                .compatibility,
                "coded array: expected coder \(known), found \(identifier); is it of a newer version?")
        }
        return try kind.make(nil)
    }
}
