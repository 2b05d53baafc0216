import Glibc

/// Everything that can go wrong, said so that a person can act on it.
///
/// The message names what was expected and what was found; `file` and `tensor` say where.
public struct BantamError: Error, Sendable, CustomStringConvertible {
    /// What kind of thing went wrong.
    public enum Kind: Sendable, Equatable {
        /// The caller asked for something that makes no sense or does not exist.
        case invalidArgument
        /// A file's content breaks the rules of its format.
        case corruption
        /// A file ends before what it promises.
        case insufficientData
        /// A file is of a format, version or dtype that this version does not handle.
        case compatibility
        /// An input file does not exist.
        case missingInput
        /// An output cannot be created.
        case cannotCreate
        /// Reading or writing failed.
        case io
        /// A fault in Bantam itself.
        case `internal`
    }

    /// What kind of thing went wrong.
    public var kind: Kind
    /// The file it happened in.
    public var file: String?
    /// The tensor it happened to.
    public var tensor: String?
    /// What was expected and what was found.
    public var message: String

    /// An error of a kind, with where it happened if that is known here.
    public init(_ kind: Kind, file: String? = nil, tensor: String? = nil, _ message: String) {
        self.kind = kind
        self.file = file
        self.tensor = tensor
        self.message = message
    }

    /// The same error with the places filled in that were not known deeper down.
    public func at(file: String? = nil, tensor: String? = nil) -> BantamError {
        var error = self
        error.file = error.file ?? file
        error.tensor = error.tensor ?? tensor
        return error
    }

    /// One line: `file: tensor 'name': message`. Control characters in names are escaped, and what a hostile file
    /// made longer than a person reads is cut.
    public var description: String {
        var parts: [String] = []
        if let file { parts.append(oneLine(file)) }
        if let tensor { parts.append("tensor '\(BantamError.shortened(tensor, to: 200))'") }
        parts.append(BantamError.shortened(message, to: 600))
        return parts.joined(separator: ": ")
    }

    private static func shortened(_ text: String, to length: Int) -> String {
        // By scalars: a single character can have any number of them.
        let scalars = text.unicodeScalars
        guard let end = scalars.index(scalars.startIndex, offsetBy: length, limitedBy: scalars.endIndex),
            end < scalars.endIndex
        else { return oneLine(text) }
        return oneLine(String(scalars[..<end])) + "…"
    }
}

/// `text` with control characters, line breaks and changes of direction escaped, so that a name out of a hostile
/// file stays on its line and looks like what it is.
public func oneLine(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: leavesItsLine) else { return text }
    return text.unicodeScalars.map { leavesItsLine($0) ? $0.escaped(asASCII: true) : String($0) }.joined()
}

private func leavesItsLine(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0, 0x2028...0x202e, 0x2066...0x2069: true
    default: false
    }
}

/// What the system says about the last failed call.
public func systemMessage() -> String { String(cString: strerror(errno)) }

/// Runs `body`; an error that leaves it says which file and tensor it belongs to.
public func locating<Result>(
    file: String? = nil, tensor: String? = nil, _ body: () throws -> Result
) throws -> Result {
    do { return try body() } catch let error as BantamError { throw error.at(file: file, tensor: tensor) }
}
