// Reports are also read by people: JSON over several lines, but short and numeric parts on one.

import BantamLoaders

extension JSON {
    /// The document as text over several lines, two blanks a level, with a line feed at the end.
    ///
    /// What holds no object and no array within arrays stands on one line. The same value gives the same
    /// text; non-finite numbers are written as `null`.
    public var prettyText: String {
        var text = ""
        write(to: &text, margin: "")
        return text + "\n"
    }

    private func write(to result: inout String, margin: String) {
        let inner = margin + "  "
        switch self {
        case .array(let elements) where !elements.allSatisfy(\.isScalar):
            result += "["
            for (index, element) in elements.enumerated() {
                result += (index > 0 ? ",\n" : "\n") + inner
                element.write(to: &result, margin: inner)
            }
            result += "\n" + margin + "]"
        case .object(let members) where !members.isEmpty:
            result += "{"
            for (index, member) in members.enumerated() {
                result += (index > 0 ? ",\n" : "\n") + inner + JSON.string(member.key).text + ": "
                member.value.write(to: &result, margin: inner)
            }
            result += "\n" + margin + "}"
        case .array(let elements):
            result += "[" + elements.map(\.text).joined(separator: ", ") + "]"
        default: result += text
        }
    }

    private var isScalar: Bool {
        switch self {
        case .array, .object: false
        default: true
        }
    }
}
