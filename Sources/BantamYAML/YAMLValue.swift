import BantamTensors

/// A value in a YAML file that people write, with the place where it stands.
///
/// Recipes and networks are read through it, so that every fault in them is one line that names the file,
/// the line and what was expected there. The reading itself is libyaml's, as Yams carries it.
public struct YAMLValue {
    /// The file's path, or what stands for it.
    public let file: String
    /// The line the value begins on, counted from 1.
    public let line: Int
    private let content: Content

    /// What a value can be.
    enum Content {
        case scalar(String)
        case list([YAMLValue])
        /// In the order of the file; no key twice.
        case mapping([(key: String, value: YAMLValue)])
    }

    /// The largest file that is read: people do not write longer ones.
    public static let sizeLimit = 1 << 20

    /// The root of a document.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` with the line, if `text` is not one YAML document of
    ///   plain keys, none of them twice, without anchors (which a few lines can turn into gigabytes), or if it nests
    ///   deeper than people write.
    public init(parsing text: String, file: String) throws {
        guard text.utf8.count <= YAMLValue.sizeLimit else {
            throw BantamError(.corruption, file: file, "expected at most 1 MiB of YAML")
        }
        self = try YAMLLoader.document(in: text, file: file)
    }

    /// The root of the document in the file at `path`.
    ///
    /// - Throws: ``BantamError`` with file and line; see ``init(parsing:file:)``.
    public init(contentsOf path: String) throws {
        let text = try YAMLValue.text(contentsOf: path)
        try self.init(parsing: text, file: path)
    }

    /// The text of the file at `path`, for those who keep it beside its values.
    ///
    /// - Throws: ``BantamError`` if it is not UTF-8 or larger than ``sizeLimit``.
    public static func text(contentsOf path: String) throws -> String {
        let file = try MappedFile(path)
        return try withExtendedLifetime(file) {
            guard file.bytes.count <= YAMLValue.sizeLimit else {
                throw BantamError(.corruption, file: path, "expected at most 1 MiB of YAML")
            }
            guard let text = String(validating: file.bytes, as: UTF8.self) else {
                throw BantamError(.corruption, file: path, "expected UTF-8 text")
            }
            return text
        }
    }

    init(_ content: Content, file: String, line: Int) {
        self.content = content
        self.file = file
        self.line = line
    }

    /// An error about this value.
    public func error(_ message: String) -> BantamError {
        BantamError(.corruption, file: file, "line \(line): \(message)")
    }

    /// Whether the value is a mapping.
    public var isMapping: Bool { if case .mapping = content { true } else { false } }
    /// Whether the value is a list.
    public var isList: Bool { if case .list = content { true } else { false } }
    /// The text of a scalar, as written; `nil` for mappings and lists.
    public var scalar: String? { if case .scalar(let text) = content { text } else { nil } }

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
        guard case .mapping(let pairs) = content else {
            throw error("expected \(what) as a mapping, found \(kind)")
        }
        return pairs
    }

    /// The items of a list.
    public func list(of what: String) throws -> [YAMLValue] {
        guard case .list(let items) = content else {
            throw error("expected a list of \(what), found \(kind)")
        }
        return items
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
}
