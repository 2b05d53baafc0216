import Bantam
import Glibc

/// Where the command writes: results to standard output, everything else to standard error.
enum Terminal {
    /// Whether a person is watching standard output or standard error.
    static let outputIsTerminal = isatty(STDOUT_FILENO) == 1
    static let errorIsTerminal = isatty(STDERR_FILENO) == 1

    /// Whether results may be coloured: on a terminal, unless `NO_COLOR` is set (no-color.org).
    static let usesColor =
        outputIsTerminal && (getenv("NO_COLOR").map { $0.pointee == 0 } ?? true)
        && (getenv("TERM").map { String(cString: $0) != "dumb" } ?? true)

    /// The columns there are for a table: of the terminal, or plenty where the output is read by programs.
    static var width: Int {
        guard outputIsTerminal else { return 1000 }
        var size = winsize()
        if ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 { return Int(size.ws_col) }
        return 80
    }

    /// A result, with a line feed.
    ///
    /// - Throws: ``BantamError`` of kind `io`, because whoever reads the results must not take silence for one.
    static func output(_ text: String) throws { try output(raw: text + "\n") }

    /// A result as it is.
    static func output(raw text: String) throws {
        guard write(text, to: STDOUT_FILENO) else {
            throw BantamError(.io, file: "standard output", "cannot be written: \(systemMessage())")
        }
    }

    /// A failure, a warning, a note. If that fails there is nobody left to tell.
    static func error(_ text: String) { _ = write(text + "\n", to: STDERR_FILENO) }

    /// Text as it is on standard error, for the progress bar.
    static func raw(_ text: String) { _ = write(text, to: STDERR_FILENO) }

    static func bold(_ text: String) -> String { usesColor ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
    static func dim(_ text: String) -> String { usesColor ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

    private static func write(_ text: String, to descriptor: Int32) -> Bool {
        var text = text
        return text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
            return true
        }
    }
}
