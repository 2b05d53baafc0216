// Why: recipes come from elsewhere, and a matcher that tries one way after the other can be kept busy for years by an
// expression like `(a+)+b` and a name of thirty letters. This one follows all ways at once.

import BantamTensors

/// A regular expression as its parts.
indirect enum NameExpression {
    case letter(LetterSet)
    case sequence([NameExpression])
    case choice([NameExpression])
    case repeated(NameExpression, atLeast: Int, atMost: Int?)
    case start
    case end
}

/// Some Unicode scalars.
struct LetterSet: Sendable {
    var ranges: [ClosedRange<UInt32>]
    /// Whether it is all scalars but these.
    var isNegated = false

    static let any = LetterSet(ranges: [], isNegated: true)

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        ranges.contains { $0.contains(scalar.value) } != isNegated
    }
}

/// A nondeterministic automaton for whole names.
///
/// Source: K. Thompson, "Programming Techniques: Regular Expression Search Algorithm", 1968.
struct NameAutomaton: Sendable {
    private enum State: Sendable {
        case letter(LetterSet, next: Int)
        case fork(Int, Int)
        case start(next: Int)
        case end(next: Int)
        case accepting
    }

    private var states: [State] = [.accepting]
    private var first = 0
    private var stepsLeft = NameAutomaton.stepLimit

    /// What one pattern may cost: more than any that a person writes.
    private static let stepLimit = 10_000

    /// The automaton of an expression.
    ///
    /// - Throws: ``BantamError`` if it is too large; repetitions of repetitions multiply.
    init(_ expression: NameExpression) throws { first = try append(expression, next: 0) }

    /// Whether the whole of `name` matches.
    func matches(_ name: String) -> Bool {
        let scalars = Array(name.unicodeScalars)
        var marks = [Int](repeating: -1, count: states.count)
        var active = [Int]()
        follow(first, at: 0, of: scalars.count, &marks, &active)
        for (position, scalar) in scalars.enumerated() {
            var reached = [Int]()
            for state in active {
                guard case .letter(let set, let next) = states[state], set.contains(scalar) else { continue }
                follow(next, at: position + 1, of: scalars.count, &marks, &reached)
            }
            active = reached
        }
        return active.contains { if case .accepting = states[$0] { true } else { false } }
    }

    /// Adds the states that can be reached from `state` without a letter, each once a position.
    private func follow(
        _ state: Int, at position: Int, of count: Int, _ marks: inout [Int], _ reached: inout [Int]
    ) {
        var open = [state]
        while let state = open.popLast() {
            guard marks[state] != position else { continue }
            marks[state] = position
            switch states[state] {
            case .fork(let one, let other): open += [other, one]
            case .start(let next): if position == 0 { open.append(next) }
            case .end(let next): if position == count { open.append(next) }
            case .letter, .accepting: reached.append(state)
            }
        }
    }

    /// Adds the states of an expression that goes on at `next`; gives the one it begins at.
    private mutating func append(_ expression: NameExpression, next: Int) throws -> Int {
        stepsLeft -= 1
        guard stepsLeft > 0 else {
            throw BantamError(.invalidArgument, "regular expression of at most \(Self.stepLimit) states")
        }
        switch expression {
        case .letter(let set): return add(.letter(set, next: next))
        case .start: return add(.start(next: next))
        case .end: return add(.end(next: next))
        case .sequence(let parts):
            return try parts.reversed().reduce(next) { try append($1, next: $0) }
        case .choice(let parts):
            let starts = try parts.map { try append($0, next: next) }
            return starts.dropLast().reversed().reduce(starts[starts.count - 1]) { add(.fork($1, $0)) }
        case .repeated(let part, let least, let most):
            var start = next
            if let most {
                for _ in least..<most { start = add(.fork(try append(part, next: start), next)) }
            } else {
                // The body leads back to the fork, which must be there before it.
                start = add(.fork(next, next))
                states[start] = .fork(try append(part, next: start), next)
            }
            for _ in 0..<least { start = try append(part, next: start) }
            return start
        }
    }

    private mutating func add(_ state: State) -> Int {
        states.append(state)
        return states.count - 1
    }
}
