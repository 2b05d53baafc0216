/// A JSON document as a value that loses nothing: the order of keys, and integers apart from other numbers.
///
/// Tensor files carry their headers as JSON, and what a header says decides which bytes are read. That is why
/// this type exists beside Foundation's reader, which takes the last of two equal keys without a word,
/// forgets the order of keys and turns integers into floating point.
///
/// Parsing: ``init(parsing:leadingBlanks:depthLimit:)``. Writing: ``encoded()``.
public enum JSON: Sendable, Equatable {
    /// `null`
    case null
    /// `true` or `false`
    case bool(Bool)
    /// A number written without fraction and exponent.
    case integer(Int)
    /// Any other number, `-0` among them. Finite if it was parsed.
    case number(Double)
    /// A text.
    case string(String)
    /// `[…]`
    case array([JSON])
    /// `{…}`, in the order of the document, no key twice if it was parsed.
    case object([Member])

    /// A key of an object and its value.
    public struct Member: Sendable, Equatable {
        /// The key.
        public var key: String
        /// The value.
        public var value: JSON

        /// A member of an object.
        public init(_ key: String, _ value: JSON) {
            self.key = key
            self.value = value
        }

        /// Keys are the same only if they have the same bytes.
        public static func == (a: Member, b: Member) -> Bool {
            ExactString(a.key) == ExactString(b.key) && a.value == b.value
        }
    }

    /// The value if this is a `bool`.
    public var boolValue: Bool? { if case .bool(let value) = self { value } else { nil } }
    /// The value if this is an `integer`; never rounded from another number.
    public var integerValue: Int? { if case .integer(let value) = self { value } else { nil } }
    /// The value if this is any number, an integer rounded to the nearest double.
    public var doubleValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }
    /// The value if this is a `string`.
    public var stringValue: String? { if case .string(let value) = self { value } else { nil } }
    /// The elements if this is an `array`.
    public var arrayValue: [JSON]? { if case .array(let value) = self { value } else { nil } }
    /// The members if this is an `object`.
    public var objectValue: [Member]? { if case .object(let value) = self { value } else { nil } }

    /// The value of a key if this is an `object` that has it.
    ///
    /// - Complexity: O(members); walk ``objectValue`` to visit many.
    public subscript(key: String) -> JSON? {
        objectValue?.first { ExactString($0.key) == ExactString(key) }?.value
    }

    /// What it is, for messages: `an object`, `a string`, …
    public var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .integer: "an integer"
        case .number: "a number that is no integer"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
