import BantamTensors

/// A pattern for tensor names: a glob, or after `re:` a regular expression for the whole name.
public struct NamePattern: Sendable {
    /// The pattern as written.
    public let text: String
    private let automaton: NameAutomaton

    /// A pattern as recipes write it.
    ///
    /// A regular expression has letters, `.`, sets such as `[a-z_]` and `[^0-9]`, `\d \w \s` and their opposites
    /// `\D \W \S`, groups `( )` and `(?: )`, `|`, the repetitions `* + ? {3} {2,} {2,5}`, and `^` and `$`.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the regular expression is none, or one of more than
    ///   a few thousand states.
    public init(_ text: String) throws {
        self.text = text
        let isExpression = text.hasPrefix("re:")
        var parser = NameExpressionParser(isExpression ? text.dropFirst(3) : text[...])
        do {
            automaton = try NameAutomaton(isExpression ? parser.expression() : parser.glob())
        } catch let error as BantamError {
            throw BantamError(.invalidArgument, "'\(text.prefix(60))' is not a \(error.message)")
        }
    }

    /// Whether the whole of `name` matches. In a glob `*` matches any run of characters, dots and slashes
    /// included, `?` any one character, `[a-c]` one of a set and `[!a-c]` one outside it; after a backslash a
    /// character stands for itself. Characters are Unicode scalars.
    ///
    /// - Complexity: O(length of the pattern · length of the name), whatever they are.
    public func matches(_ name: String) -> Bool { automaton.matches(name) }
}
