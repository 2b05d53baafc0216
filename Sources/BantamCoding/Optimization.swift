// Why: whether bytes or time count more, only the user knows.

import BantamTensors

/// What `auto` looks at when it chooses a coder for an array.
public enum Optimization: String, CaseIterable, Sendable {
    /// The smallest of all coders, however long they take.
    case size
    /// The smallest of those that decode fast; on large arrays the fastest if it is nearly as small.
    case balanced
    /// The fastest to decode of those that save nearly as much as the smallest of them.
    case speed
}

extension Optimization {
    /// What a user calls `name`.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` that lists the names if there is none.
    public init(named name: String) throws {
        guard let optimization = Optimization(rawValue: name) else {
            let names = Optimization.allCases.map(\.rawValue).joined(separator: ", ")
            throw BantamError(.invalidArgument, "optimize: expected one of \(names), found '\(name)'")
        }
        self = optimization
    }
}
