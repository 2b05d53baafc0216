// Why: most general-purpose coders take a level after their name, and a wrong one is refused in the same words.

import BantamTensors

/// The level that `parameter` writes for the coder called `name`.
///
/// - Throws: ``BantamError`` of kind `invalidArgument` unless it is one of `levels`.
func compressionLevel(_ parameter: String, of name: String, in levels: ClosedRange<Int>) throws -> Int {
    guard let level = Int(parameter), levels.contains(level) else {
        throw BantamError(
            .invalidArgument,
            "\(name): expected a level from \(levels.lowerBound) to \(levels.upperBound), "
                + "found '\(parameter)'")
    }
    return level
}
