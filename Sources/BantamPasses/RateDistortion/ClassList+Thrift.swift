// Why: the classes of short rows cost more than they save unless they are told apart less finely.

import BantamEncodings

extension ClassList {
    /// `classes`, perhaps coarser, such that what they take and what the indices lose are least together.
    ///
    /// An element coded as if its scale were off by c quarter octaves takes (c·ln 2/4)² nats more, the divergence of two
    /// normal distributions to second order.
    static func thrifty(_ classes: [Int8], elementsOfEach length: Int) -> ClassList {
        guard !classes.isEmpty else { return ClassList(classes) }
        let loss = 0.0433 * Double(length)
        let base = Int(classes.sorted()[classes.count / 2])
        // The last is coarse enough for all of them to be the base.
        let candidates = [1, 2, 4, 8, 512].map { width in
            ClassList(
                classes.map { `class` in
                    let distance = Int(`class`) - base
                    let steps = (2 * abs(distance) + width) / (2 * width) * distance.signum()
                    return Int8(max(range.lowerBound, min(range.upperBound, base + steps * width)))
                })
        }
        let costs = candidates.map { candidate in
            var writer = BitWriter()
            candidate.write(to: &writer)
            let squares = zip(candidate.classes, classes).reduce(0) { sum, pair in
                sum + (Int(pair.0) - Int(pair.1)) * (Int(pair.0) - Int(pair.1))
            }
            return Double(8 * writer.bytes.count) + loss * Double(squares)
        }
        let best = costs.indices.min { costs[$0] < costs[$1] } ?? 0
        return candidates[best]
    }
}
