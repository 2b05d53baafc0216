import BantamTensors
import Glibc

/// A pattern for tensor names: a glob, or after `re:` a regular expression for the whole name.
public struct NamePattern: @unchecked Sendable {
    /// The pattern as written.
    public let text: String
    /// A compiled regular expression is a value that nothing changes: safe to share.
    private let expression: Regex<AnyRegexOutput>?

    /// A pattern as recipes write it.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the regular expression is none.
    public init(_ text: String) throws {
        self.text = text
        guard text.hasPrefix("re:") else {
            expression = nil
            return
        }
        do {
            expression = try Regex(String(text.dropFirst(3)))
        } catch {
            throw BantamError(.invalidArgument, "'\(text)' is not a regular expression")
        }
    }

    /// Whether the whole of `name` matches. In a glob `*` matches any run of characters, dots and slashes
    /// included, `?` any one character, `[a-c]` one of a set.
    public func matches(_ name: String) -> Bool {
        if let expression { return name.wholeMatch(of: expression) != nil }
        return fnmatch(text, name, 0) == 0
    }
}
