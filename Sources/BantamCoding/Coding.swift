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
        case automatic(small: [any Coder], large: any Coder)
        case one(any Coder)
    }

    /// Arrays stay plain.
    public static let none = Coding(name: "none", choice: .none)
    /// Small arrays by whichever of a high and the fastest level gives less, because they cost no time; large
    /// ones by the fastest, which on weights is no worse than the slow ones.
    public static var automatic: Coding {
        Coding(
            name: "auto",
            choice: .automatic(
                small: [ZstdCoder(level: 19), ZstdCoder(level: 1)], large: ZstdCoder(level: 1)))
    }

    /// Whether the coder is chosen array by array.
    public var isAutomatic: Bool { if case .automatic = choice { true } else { false } }

    /// The same choice without its slow coders, to estimate what coding gives.
    public var fast: Coding {
        guard case .automatic(_, let large) = choice else { return self }
        return Coding(name: name, choice: .one(large))
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
                tensor.byteCount <= Coding.smallByteCount ? small : [large]
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

extension Shape {
    /// What coders are told of an array's shape: the columns of its matrix form, 0 if it has none.
    public var codedColumns: Int { matrixForm?.columns ?? 0 }
}
