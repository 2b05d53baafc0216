import BantamTensors

/// The step for what a user wants.
extension RateDistortionTraining {
    /// What to reach.
    public enum Goal: Sendable, Hashable {
        /// A signal-to-noise ratio over all tensors, in dB.
        case sqnr(Double)
        /// Bits for each element of all tensors, tables, classes and means included.
        case bitsPerWeight(Double)

        /// How far `result` is beyond the goal in octaves of the step: a larger one is to be tried if positive.
        func excess(of result: Result) -> Double {
            let excess =
                switch self {
                case .sqnr(let goal): (result.sqnr - goal) / Decibels.octave
                case .bitsPerWeight(let goal): result.bitsPerWeight - goal
                }
            // No error at all is infinitely beyond.
            return max(-64, min(64, excess))
        }
    }

    /// Tables and step that come as near to `goal` as steps of a 1024th of an octave allow, judged by the sample.
    ///
    /// Secants between the nearest steps known on either side; both figures fall as the step grows. The signal-to-noise
    /// ratio is met within 0.02 dB and the rate within 0.3 %, unless the goal is beyond what steps can reach:
    /// below about 0.1 bit, or indices of more than 15 bits.
    ///
    /// - Complexity: about four times ``tables(step:workers:)``.
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the goal is not a number above 0 or cannot be reached.
    public func tables(reaching goal: Goal, workers: Workers) throws -> Result {
        let (wanted, first): (Double, Double) =
            switch goal {
            // The squared error is about a quarter of the square of the step.
            case .sqnr(let goal): (goal, 1 - goal / Decibels.octave)
            // A normal distribution's 6 dB a bit, 0.1 bit above the bound.
            case .bitsPerWeight(let goal): (goal, 1.1 - goal)
            }
        guard wanted > 0, wanted < 200 else {
            throw BantamError(.invalidArgument, "expected a goal above 0, found \(wanted)")
        }
        guard energy > 0 else { return try tables(step: 1, workers: workers) }
        let level = BinaryLogarithm.of(energy / Double(elementCount)) / 2
        var place = StepGrid.place(of: level + first)
        var tried: [Int: Result] = [:]
        var fine: (place: Int, excess: Double)?
        var coarse: (place: Int, excess: Double)?
        for _ in 0..<12 where tried[place] == nil {
            let result = try tables(step: StepGrid.step(at: place), workers: workers)
            tried[place] = result
            let excess = goal.excess(of: result)
            if excess >= 0 { fine = (place, excess) } else { coarse = (place, excess) }
            if abs(excess) < (goal.isRate ? 0.001 * wanted : 0.001) { break }
            if let fine, let coarse {
                let slope = (fine.excess - coarse.excess) / Double(coarse.place - fine.place)
                let next = fine.place + Int((fine.excess / slope).rounded())
                place = max(fine.place, min(coarse.place, next))
            } else {
                let move = Int((excess * Double(1 << StepGrid.bits) * 1.2).rounded(.awayFromZero))
                place += max(-8 << StepGrid.bits, min(2 << StepGrid.bits, move))
            }
        }
        // Of equally near ones the smaller step, whatever the order of the dictionary.
        let best = tried.min { a, b in
            let (first, second) = (abs(goal.excess(of: a.value)), abs(goal.excess(of: b.value)))
            return first == second ? a.key < b.key : first < second
        }
        guard let best else { throw BantamError(.internal, "expected a step to be tried, found none") }
        return best.value
    }
}

extension RateDistortionTraining.Goal {
    fileprivate var isRate: Bool {
        if case .bitsPerWeight = self { true } else { false }
    }
}
