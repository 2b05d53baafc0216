/// The command as it was typed, quoted for a shell, for the end of reports.
enum CommandLineText {
    static var this: String {
        (["bantam"] + CommandLine.arguments.dropFirst()).map(quoted).joined(separator: " ")
    }

    static func quoted(_ argument: String) -> String {
        let isPlain =
            !argument.isEmpty
            && argument.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || "-_./=:,+@%".utf8.contains(byte)
            }
        return isPlain ? argument : "'" + argument.replacing("'", with: "'\\''") + "'"
    }
}
