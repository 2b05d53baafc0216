import BantamTensors
import Yams

/// A value in a YAML file that people write, with the place where it stands.
///
/// Recipes and networks are read through it, so that every fault in them is one line that names the file,
/// the line and what was expected there. The reading itself is Yams's.
public struct YAMLValue {
    /// The file's path, or what stands for it.
    public let file: String
    /// The line the value begins on, counted from 1.
    public let line: Int
    private let node: Node

    /// The largest file that is read: people do not write longer ones.
    public static let sizeLimit = 1 << 20

    /// The root of a document.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` with the line, if `text` is not one YAML document without
    ///   anchors (which a few lines can turn into gigabytes).
    public init(parsing text: String, file: String) throws {
        guard text.utf8.count <= YAMLValue.sizeLimit else {
            throw BantamError(.corruption, file: file, "expected at most 1 MiB of YAML")
        }
        if let line = YAMLValue.lineOfFirstAnchor(in: text) {
            throw BantamError(.corruption, file: file, "line \(line): YAML anchors are not allowed here")
        }
        do {
            // Named, because Yams prints when it takes the encoding from the environment.
            guard let root = try Yams.compose(yaml: text, .default, .default, .utf8) else {
                throw BantamError(.corruption, file: file, "expected a YAML document, found nothing")
            }
            self.init(root, file: file)
        } catch let error as YamlError {
            throw BantamError(.corruption, file: file, YAMLValue.oneLine(error))
        }
    }

    /// The root of the document in the file at `path`.
    ///
    /// - Throws: ``BantamError`` with file and line; see ``init(parsing:file:)``.
    public init(contentsOf path: String) throws {
        let file = try MappedFile(path)
        guard file.bytes.count <= YAMLValue.sizeLimit else {
            throw BantamError(.corruption, file: path, "expected at most 1 MiB of YAML")
        }
        guard let text = String(validating: file.bytes, as: UTF8.self) else {
            throw BantamError(.corruption, file: path, "expected UTF-8 text")
        }
        try self.init(parsing: text, file: path)
    }

    private init(_ node: Node, file: String) {
        self.node = node
        self.file = file
        line = node.mark?.line ?? 1
    }

    /// An error about this value.
    public func error(_ message: String) -> BantamError {
        BantamError(.corruption, file: file, "line \(line): \(message)")
    }

    /// Whether the value is a mapping.
    public var isMapping: Bool { node.mapping != nil }
    /// Whether the value is a list.
    public var isList: Bool { node.sequence != nil }
    /// The text of a scalar, as written; `nil` for mappings and lists.
    public var scalar: String? { node.scalar?.string }

    /// The entries of a mapping whose keys must be among `keys`.
    public func mapping(of what: String, keys: Set<String>) throws -> [String: YAMLValue] {
        var entries: [String: YAMLValue] = [:]
        for (key, value) in try pairs(of: what) {
            guard keys.contains(key) else {
                throw value.error(
                    "unknown key '\(key)' in \(what); expected \(keys.sorted().joined(separator: ", "))")
            }
            entries[key] = value
        }
        return entries
    }

    /// The entries of a mapping in the order of the file.
    public func pairs(of what: String) throws -> [(key: String, value: YAMLValue)] {
        guard let mapping = node.mapping else {
            throw error("expected \(what) as a mapping, found \(kind)")
        }
        return try mapping.map { key, value in
            guard let name = key.scalar?.string else { throw error("expected plain keys in \(what)") }
            return (name, YAMLValue(value, file: file))
        }
    }

    /// The items of a list.
    public func list(of what: String) throws -> [YAMLValue] {
        guard let sequence = node.sequence else {
            throw error("expected a list of \(what), found \(kind)")
        }
        return sequence.map { YAMLValue($0, file: file) }
    }

    /// A scalar as text.
    public func string(_ what: String) throws -> String {
        guard let text = scalar else { throw error("expected \(what), found \(kind)") }
        return text
    }

    /// A scalar as a whole number within `range`.
    public func int(_ what: String, in range: ClosedRange<Int>) throws -> Int {
        guard let text = scalar, let number = Int(text), range.contains(number) else {
            throw error("expected \(what), a whole number \(YAMLValue.text(range)), found \(kind)")
        }
        return number
    }

    /// A scalar as a finite number within `range`.
    public func double(_ what: String, in range: ClosedRange<Double>) throws -> Double {
        guard let text = scalar, let number = Double(text), range.contains(number) else {
            throw error(
                "expected \(what), a number from \(range.lowerBound) to \(range.upperBound), found \(kind)")
        }
        return number
    }

    /// A scalar as `true` or `false`.
    public func bool(_ what: String) throws -> Bool {
        switch scalar {
        case "true": return true
        case "false": return false
        default: throw error("expected \(what), true or false, found \(kind)")
        }
    }

    /// What the value is, for messages.
    public var kind: String {
        if let text = scalar { return text.isEmpty ? "nothing" : "'\(text.prefix(60))'" }
        return isMapping ? "a mapping" : "a list"
    }

    private static func text(_ range: ClosedRange<Int>) -> String {
        range.upperBound == .max
            ? "of at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
    }

    /// An anchor is `&name` where a value can begin. Quoted text is not looked into: an ampersand glued to
    /// a word after a blank inside quotes is refused too, which costs nobody a recipe.
    private static func lineOfFirstAnchor(in text: String) -> Int? {
        var line = 1
        var previous = UInt8(ascii: "\n")
        var isAnchor = false
        for byte in text.utf8 {
            let isBreak =
                byte == UInt8(ascii: "\n") || byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
            if isAnchor && !isBreak { return line }
            // Beyond ASCII stand line breaks (U+0085, U+2028) and the byte order mark.
            isAnchor =
                byte == UInt8(ascii: "&") && (previous >= 0x80 || " \t\n\r[{,:-?".utf8.contains(previous))
            if byte == UInt8(ascii: "\n") { line += 1 }
            previous = byte
        }
        return nil
    }

    private static func oneLine(_ error: YamlError) -> String {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            "line \(mark.line): not YAML: \(problem)"
        case .duplicatedKeysInMapping(let duplicates, let context):
            "line \(context.mark.line): duplicate key '\(duplicates.joined(separator: "', '"))'"
        case .reader(let problem, _, _, _): "not YAML: \(problem)"
        default: "not YAML"
        }
    }
}
