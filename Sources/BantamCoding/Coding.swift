// Why: what `--coding` and recipes name is not one coder but a choice, made per array.

import BantamTensors

/// How arrays are coded: not at all, by one coder, or by whichever suits each array.
///
/// ```swift
/// let coding = try Coding(named: "auto", optimizing: .size)
/// if let coded = try coding.encode(tensor, workers: Workers()) { … } else { … /* store it plain */ }
/// ```
public struct Coding: Sendable, CustomStringConvertible {
    /// What users write: `none`, `auto`, `zstd`, `zstd:19`.
    public let name: String
    private let choice: Choice

    private enum Choice: Sendable {
        case none
        case automatic(AutomaticChoice)
        case one(any Coder)
    }

    /// Arrays stay plain.
    public static let none = Coding(name: "none", choice: .none)
    /// Each array by whichever coder suits it, balanced between size and speed.
    public static var automatic: Coding { automatic(.balanced) }

    /// Small arrays by whichever coder suits them, slow ones included, because they cost no time; large ones by
    /// the one that does on pieces of them. ``Optimization`` says what suits.
    public static func automatic(_ optimization: Optimization) -> Coding {
        Coding(name: "auto", choice: .automatic(AutomaticChoice(optimization)))
    }

    /// Whether all arrays stay plain.
    public var isNone: Bool { if case .none = choice { true } else { false } }

    /// Whether the coder is chosen array by array.
    public var isAutomatic: Bool { optimization != nil }

    /// What the choice looks at if the coder is chosen array by array.
    public var optimization: Optimization? {
        if case .automatic(let choice) = choice { choice.optimization } else { nil }
    }

    /// ``name``, and what it is optimized for if it is a choice: `auto for size`.
    public var description: String { optimization.map { "\(name) for \($0.rawValue)" } ?? name }

    /// The same choice without its slow coders, to estimate what coding gives.
    public var fast: Coding {
        guard case .automatic(let choice) = choice else { return self }
        return Coding(name: name, choice: .automatic(choice.estimating))
    }

    /// What a user can write, for help texts and messages.
    public static var names: [String] { ["none", "auto"] + Coders.names }

    /// What coding costs in the file's header: `.coded` on the name, twice.
    static let headerByteCount = 16

    private init(name: String, choice: Choice) {
        self.name = name
        self.choice = choice
    }

    /// The coding a user calls `name`.
    ///
    /// - Parameter optimization: what the choice of `auto` looks at; `nil` is ``Optimization/balanced``.
    /// - Throws: ``BantamError`` of kind `invalidArgument` that lists the names if there is none, or if there is
    ///   nothing to choose and yet an optimization.
    public init(named name: String, optimizing optimization: Optimization? = nil) throws {
        if let optimization, name != "auto" {
            throw BantamError(
                .invalidArgument,
                "optimize: expected coding auto, which alone chooses for \(optimization.rawValue), found '\(name)'"
            )
        }
        switch name {
        case "none": self = .none
        case "auto": self = .automatic(optimization ?? .balanced)
        default:
            guard let coder = try Coders.named(name) else {
                throw BantamError(
                    .invalidArgument,
                    "coding: expected one of \(Coding.names.joined(separator: ", ")), found '\(name)'")
            }
            self.init(name: coder.name, choice: .one(coder))
        }
    }

    /// The tensor coded; `nil` if it is better stored plain: it would not become smaller, the container and its cost
    /// in the header included, or with `auto`, unless size is all, not come below 97 % of its bytes.
    ///
    /// - Complexity: O(bytes).
    public func encode(_ tensor: Tensor, workers: Workers) throws -> CodedArray? {
        let coded: CodedArray? =
            switch choice {
            case .none: nil
            case .one(let coder):
                try withExtendedLifetime(tensor) {
                    try CodedArray(
                        coding: tensor.storage.bytes, of: tensor.dtype, with: coder,
                        columns: tensor.shape.codedColumns, owner: tensor.storage, workers: workers)
                }
            case .automatic(let choice): try choice.encode(tensor, workers: workers)
            }
        guard let coded, worthwhile.includes(coded.byteCount, of: tensor.byteCount) else { return nil }
        return coded
    }

    /// Who names a coder or asks for size wants every byte.
    var worthwhile: WorthwhileSize {
        guard case .automatic(let choice) = choice, choice.optimization != .size else { return .smaller }
        return .clearlySmaller
    }

    /// The coder of a large tensor, and the share of pieces of it that is left; `nil` if the tensor is small or
    /// stays plain.
    func coderForLarge(_ tensor: Tensor, workers: Workers) throws -> (coder: any Coder, share: Double)? {
        switch choice {
        case .none: nil
        case .one(let coder):
            try AutomaticChoice(.balanced, coders: [coder], pieceByteCount: 16 << 10)
                .coderForLarge(tensor, workers: workers)
        case .automatic(let choice): try choice.coderForLarge(tensor, workers: workers)
        }
    }
}

extension Shape {
    /// What coders are told of an array's shape: the columns of its matrix form, 0 if it has none.
    public var codedColumns: Int { matrixForm?.columns ?? 0 }
}
