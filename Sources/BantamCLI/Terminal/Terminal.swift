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

    /// A result.
    static func output(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    /// A failure, a warning, a note.
    static func error(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// Text as it is on standard error, for the progress bar.
    static func raw(_ text: String) { write(text, to: STDERR_FILENO) }

    static func bold(_ text: String) -> String { usesColor ? "\u{1B}[1m\(text)\u{1B}[0m" : text }
    static func dim(_ text: String) -> String { usesColor ? "\u{1B}[2m\(text)\u{1B}[0m" : text }

    private static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { bytes in
            var rest = UnsafeRawBufferPointer(bytes)
            while !rest.isEmpty {
                let count = Glibc.write(descriptor, rest.baseAddress, rest.count)
                guard count > 0 else { return }
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            }
        }
    }
}
