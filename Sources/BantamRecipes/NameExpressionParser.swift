// Why: the one small language of regular expressions that recipes know, and globs, which are a part of it.

import BantamTensors

/// Reads globs and regular expressions. Errors say what a pattern is not: `regular expression: expected …`.
struct NameExpressionParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var depth = 0

    private static let depthLimit = 50
    private static let countLimit = 1000

    init(_ text: Substring) { scalars = Array(text.unicodeScalars) }

    /// The whole text as a glob. What is no proper set stands for itself, as in a shell.
    mutating func glob() throws -> NameExpression {
        var parts: [NameExpression] = []
        while let scalar = next() {
            switch scalar {
            case "*": parts.append(.repeated(.letter(.any), atLeast: 0, atMost: nil))
            case "?": parts.append(.letter(.any))
            case "\\": parts.append(.letter(Self.one(next() ?? scalar)))
            case "[":
                let start = position
                if let set = try? set(negatedBy: ["!", "^"]) {
                    parts.append(.letter(set))
                } else {
                    position = start
                    parts.append(.letter(Self.one(scalar)))
                }
            default: parts.append(.letter(Self.one(scalar)))
            }
        }
        return .sequence(parts)
    }

    /// The whole text as a regular expression.
    mutating func expression() throws -> NameExpression {
        let expression = try choice()
        guard position == scalars.count else { throw fault("an end, found ')'") }
        return expression
    }

    private mutating func choice() throws -> NameExpression {
        var choices = [try sequence()]
        while take("|") { choices.append(try sequence()) }
        return choices.count == 1 ? choices[0] : .choice(choices)
    }

    private mutating func sequence() throws -> NameExpression {
        var parts: [NameExpression] = []
        while let scalar = peek(), scalar != "|", scalar != ")" { parts.append(try repeated(try atom())) }
        return .sequence(parts)
    }

    private mutating func atom() throws -> NameExpression {
        guard let scalar = next() else { throw fault("a letter") }
        switch scalar {
        case ".": return .letter(.any)
        case "^": return .start
        case "$": return .end
        case "[": return .letter(try set(negatedBy: ["^"]))
        case "\\": return .letter(try escaped())
        case "(":
            if take("?"), !take(":") { throw fault("( or (?:") }
            depth += 1
            guard depth <= Self.depthLimit else { throw fault("groups at most \(Self.depthLimit) deep") }
            let group = try choice()
            guard take(")") else { throw fault("')'") }
            depth -= 1
            return group
        case "*", "+", "?", "{", "}", "]": throw fault("a backslash before '\(scalar)'")
        default: return .letter(Self.one(scalar))
        }
    }

    private mutating func repeated(_ part: NameExpression) throws -> NameExpression {
        let counts: (Int, Int?)
        switch peek() {
        case "*": counts = (0, nil)
        case "+": counts = (1, nil)
        case "?": counts = (0, 1)
        case "{":
            position += 1
            let least = try number()
            var most: Int? = least
            if take(",") { most = peek() == "}" ? nil : try number() }
            guard peek() == "}", least <= most ?? least else { throw fault("a count such as {2} or {2,5}") }
            counts = (least, most)
        default: return part
        }
        position += 1
        // Few or many matter only to those who ask what a part has matched.
        _ = take("?")
        if let scalar = peek(), "*+?{".unicodeScalars.contains(scalar) { throw fault("one repetition") }
        return .repeated(part, atLeast: counts.0, atMost: counts.1)
    }

    private mutating func number() throws -> Int {
        var digits = ""
        while let scalar = peek(), ("0"..."9").contains(scalar) {
            digits.unicodeScalars.append(scalar)
            position += 1
        }
        guard let number = Int(digits), number <= Self.countLimit else {
            throw fault("a count of at most \(Self.countLimit)")
        }
        return number
    }

    /// A set after its opening bracket. A closing one that stands first is a member.
    private mutating func set(negatedBy signs: [Unicode.Scalar]) throws -> LetterSet {
        var set = LetterSet(ranges: [])
        if let sign = peek(), signs.contains(sign) {
            set.isNegated = true
            position += 1
        }
        let start = position
        while true {
            guard let scalar = next() else { throw fault("']'") }
            if scalar == "]", position > start + 1 { return set }
            let low = scalar == "\\" ? try escaped() : Self.one(scalar)
            guard peek() == "-", position + 1 < scalars.count, scalars[position + 1] != "]" else {
                guard !low.isNegated else { throw fault("\\D, \\W and \\S outside of a set") }
                set.ranges += low.ranges
                continue
            }
            position += 1
            var end = next() ?? "-"
            if end == "\\" { end = next() ?? "\\" }
            guard low.ranges.count == 1, low.ranges[0].count == 1, low.ranges[0].lowerBound <= end.value
            else {
                throw fault("a range from a lower to a higher letter")
            }
            set.ranges.append(low.ranges[0].lowerBound...end.value)
        }
    }

    /// What stands after a backslash.
    private mutating func escaped() throws -> LetterSet {
        guard let scalar = next() else { throw fault("a letter after '\\'") }
        func ranges(_ texts: String...) -> [ClosedRange<UInt32>] {
            texts.map { text in
                let ends = Array(text.unicodeScalars)
                return ends[0].value...ends[ends.count - 1].value
            }
        }
        switch scalar {
        case "d", "D": return LetterSet(ranges: ranges("09"), isNegated: scalar == "D")
        case "w", "W": return LetterSet(ranges: ranges("09", "AZ", "_", "az"), isNegated: scalar == "W")
        case "s", "S": return LetterSet(ranges: ranges("\t\r", " "), isNegated: scalar == "S")
        case "0"..."9", "A"..."Z", "a"..."z": throw fault("\\d, \\w, \\s or a sign after '\\'")
        default: return Self.one(scalar)
        }
    }

    private static func one(_ scalar: Unicode.Scalar) -> LetterSet {
        LetterSet(ranges: [scalar.value...scalar.value])
    }

    private func peek() -> Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private mutating func next() -> Unicode.Scalar? {
        guard let scalar = peek() else { return nil }
        position += 1
        return scalar
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek() == scalar else { return false }
        position += 1
        return true
    }

    private func fault(_ expected: String) -> BantamError {
        BantamError(.invalidArgument, "regular expression: expected \(expected) at character \(position)")
    }
}
