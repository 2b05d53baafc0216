// Why: what `--coding` and recipes name is not one coder but a choice, made per array.

import BantamTensors

/// How arrays are coded: not at all, by one coder, or by whichever suits each array.
///
/// ```swift
/// let coding = try Coding(named: "auto")
/// if let coded = try coding.encode(tensor, workers: Workers()) { … } else { … /* store it plain */ }
/// ```
public struct Coding: Sendable {
    /// What users write: `none`, `auto`, `zstd`, `zstd:19`.
    public let name: String
    private let choice: Choice

    private enum Choice: Sendable {
        case none
        case automatic(small: [any Coder], large: [any Coder])
        case one(any Coder)
    }

    /// Arrays stay plain.
    public static let none = Coding(name: "none", choice: .none)
    /// Small arrays by whichever coder gives less, slow ones included, because they cost no time; large ones by
    /// whichever of the fast coders gives less on pieces of them.
    public static var automatic: Coding {
        Coding(
            name: "auto",
            choice: .automatic(
                small: [FastCoder(), ZstdCoder(level: 19), ZstdCoder(level: 1)],
                large: [FastCoder(), ZstdCoder(level: 1)]))
    }

    /// Whether the coder is chosen array by array.
    public var isAutomatic: Bool { if case .automatic = choice { true } else { false } }

    /// The same choice without its slow coders, to estimate what coding gives.
    public var fast: Coding {
        guard case .automatic(_, let large) = choice else { return self }
        return Coding(name: name, choice: .automatic(small: large, large: large))
    }

    /// What a user can write, for help texts and messages.
    public static var names: [String] { ["none", "auto"] + Coders.names }

    /// Up to this many bytes an array counts as small.
    static let smallByteCount = 256 << 10
    /// What coding costs in the file's header: `.coded` on the name, twice.
    static let headerByteCount = 16

    private init(name: String, choice: Choice) {
        self.name = name
        self.choice = choice
    }

    /// The coding a user calls `name`.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` that lists the names if there is none.
    public init(named name: String) throws {
        switch name {
        case "none": self = .none
        case "auto": self = .automatic
        default:
            guard let coder = try Coders.named(name) else {
                throw BantamError(
                    .invalidArgument,
                    "coding: expected one of \(Coding.names.joined(separator: ", ")), found '\(name)'")
            }
            self.init(name: coder.name, choice: .one(coder))
        }
    }

    /// The tensor coded; `nil` if it is better stored plain: it would not come below 97 % of its bytes, the
    /// container and its cost in the header included.
    ///
    /// - Complexity: O(bytes).
    public func encode(_ tensor: Tensor, workers: Workers) throws -> CodedArray? {
        let coders: [any Coder] =
            switch choice {
            case .none: []
            case .one(let coder): [coder]
            case .automatic(let small, let large):
                tensor.byteCount <= Coding.smallByteCount ? small : [try best(of: large, for: tensor)]
            }
        let candidates = try withExtendedLifetime(tensor) {
            try coders.compactMap {
                try CodedArray(
                    coding: tensor.storage.bytes, of: tensor.dtype, with: $0,
                    columns: tensor.shape.codedColumns, owner: tensor.storage, workers: workers)
            }
        }
        let coded = candidates.min { $0.byteCount < $1.byteCount }
        guard let coded, (coded.byteCount + Coding.headerByteCount) * 100 < tensor.byteCount * 97 else {
            return nil
        }
        return coded
    }
}

extension Coding {
    /// The coder that gives the least on pieces spread evenly over a large array; the first of equals.
    private func best(of coders: [any Coder], for tensor: Tensor) throws -> any Coder {
        let bytes = tensor.storage.bytes
        let piece = 64 << 10
        let pieces = 4
        let sizes = try withExtendedLifetime(tensor) {
            try coders.map { coder in
                try (0..<pieces).reduce(0) { size, index in
                    let first = (bytes.count - piece) * index / (pieces - 1) / 64 * 64
                    let sample = UnsafeRawBufferPointer(rebasing: bytes[first..<first + piece])
                    let coded = try CodedArray(
                        coding: sample, of: tensor.dtype, with: coder, columns: tensor.shape.codedColumns,
                        workers: .one)
                    return size + (coded?.byteCount ?? piece)
                }
            }
        }
        let least = sizes.min() ?? 0
        return coders[sizes.firstIndex(of: least) ?? 0]
    }
}

extension Shape {
    /// What coders are told of an array's shape: the columns of its matrix form, 0 if it has none.
    public var codedColumns: Int { matrixForm?.columns ?? 0 }
}
