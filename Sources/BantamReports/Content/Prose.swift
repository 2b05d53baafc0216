// Sentences are written once and come out as HTML, as Markdown and as plain text. Names out of files are
// marked as such, so that each output can escape them its own way.

/// A run of text in which names are set apart from words.
///
/// `"\(name: "fc1") is \(strong: "4.02×") smaller"`.
public struct Prose: Sendable, Equatable, ExpressibleByStringInterpolation {
    enum Piece: Sendable, Equatable {
        case text(String)
        case strong(String)
        case name(String)
    }

    var pieces: [Piece]

    init(pieces: [Piece]) { self.pieces = pieces }
    /// Words that stand as they are.
    public init(stringLiteral value: String) { pieces = [.text(value)] }
    /// Words and names.
    public init(stringInterpolation: StringInterpolation) { pieces = stringInterpolation.pieces }
    /// Words that stand as they are.
    init(_ text: String) { pieces = [.text(text)] }
    /// A name out of a file.
    init(name: String) { pieces = [.name(name)] }

    /// Collects the pieces of an interpolated literal.
    public struct StringInterpolation: StringInterpolationProtocol, Sendable {
        var pieces: [Piece] = []

        /// Nothing collected yet.
        public init(literalCapacity: Int, interpolationCount: Int) {}
        /// Words.
        public mutating func appendLiteral(_ literal: String) {
            if !literal.isEmpty { pieces.append(.text(literal)) }
        }
        /// A figure or a word.
        public mutating func appendInterpolation(_ text: String) { pieces.append(.text(text)) }
        /// A name of a tensor, recipe or file.
        public mutating func appendInterpolation(name: String) { pieces.append(.name(name)) }
        /// What the eye should find first.
        public mutating func appendInterpolation(strong text: String) { pieces.append(.strong(text)) }
        /// A sentence within a sentence.
        public mutating func appendInterpolation(_ prose: Prose) { pieces += prose.pieces }
    }

    var isEmpty: Bool { pieces.isEmpty || pieces == [.text("")] }

    static func + (a: Prose, b: Prose) -> Prose { Prose(pieces: a.pieces + b.pieces) }
    static func += (a: inout Prose, b: Prose) { a.pieces += b.pieces }

    /// The words alone, on one line.
    public var plain: String {
        pieces.map {
            switch $0 {
            case .text(let text), .strong(let text): text
            case .name(let name): printable(name)
            }
        }
        .joined()
    }
}

extension Sequence<Prose> {
    /// `a, b and c`.
    func listed() -> Prose {
        let all = Array(self)
        var result: Prose = ""
        for (index, item) in all.enumerated() {
            if index > 0 { result += index == all.count - 1 ? " and " : ", " }
            result += item
        }
        return result
    }
}
