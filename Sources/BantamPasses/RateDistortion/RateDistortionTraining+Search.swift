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
    /// Secants between the nearest steps known on either side, halved where they do not help; both figures fall as the
    /// step grows. The signal-to-noise ratio of the sample is met within 0.02 dB and the rate within 0.3 %, unless the
    /// goal is beyond what steps can reach: less than what stands beside the indices, or indices of more than 15 bits.
    ///
    /// - Complexity: three or four times ``tables(step:workers:)``, at most twenty.
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the goal is not a number above 0 or cannot be reached.
    public func tables(reaching goal: Goal, workers: Workers) throws -> Result {
        let (wanted, first): (Double, Double) =
            switch goal {
            // The squared error is about a quarter of the square of the step.
            case .sqnr(let goal): (goal, 1 - goal / Decibels.octave)
            // At a high rate a bit for each octave that rows are above the step, and this much more.
            case .bitsPerWeight(let goal): (goal, 1.1 - goal)
            }
        guard wanted > 0, wanted < 200 else {
            throw BantamError(.invalidArgument, "expected a goal above 0, found \(wanted)")
        }
        guard energy > 0 else { return try tables(step: 1, workers: workers) }
        var place = StepGrid.place(of: (goal.isRate ? meanRowLevel : meanLevel) + first)
        var tried: [Int: Result] = [:]
        var fine: (place: Int, excess: Double)?
        var coarse: (place: Int, excess: Double)?
        var (last, sameSide) = (0.0, 0)
        while tried.count < 20, tried[place] == nil {
            guard place <= StepGrid.largestPlace else {
                let least = tried.values.map(\.bitsPerWeight).min() ?? 0
                throw BantamError(
                    .invalidArgument,
                    "expected \(wanted) bits per weight, found that what stands beside the indices takes \(least)"
                )
            }
            let result = try tables(step: StepGrid.step(at: place), workers: workers)
            tried[place] = result
            let excess = goal.excess(of: result)
            if abs(excess) < (goal.isRate ? 0.001 * wanted : 0.001) { break }
            sameSide = excess * last > 0 ? sameSide + 1 : 0
            last = excess
            if excess > 0 { fine = (place, excess) } else { coarse = (place, excess) }
            if let fine, let coarse {
                let slope = (fine.excess - coarse.excess) / Double(coarse.place - fine.place)
                let next = fine.place + Int((fine.excess / slope).rounded())
                place = sameSide < 2 ? next : (fine.place + coarse.place) / 2
                place = max(fine.place + 1, min(coarse.place - 1, place))
            } else {
                // Rates fall ever less steeply, so go further each time.
                let octaves = max(-8, min(8, excess * Double(sameSide + 1)))
                place += StepGrid.place(of: octaves) + (excess > 0 ? 1 : -1)
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

extension RateDistortionTraining {
    /// log₂ of the root mean square of all elements.
    private var meanLevel: Double { BinaryLogarithm.of(energy / Double(elementCount)) / 2 }

    /// The mean of the same over rows, each for as many elements as it has.
    private var meanRowLevel: Double {
        var (sum, count) = (0.0, 0)
        for (sample, relative) in samples {
            let unit = Double(relative) * Double(relative)
            for square in sample.scales.rowMeanSquares where square > 0 {
                sum += Double(sample.scales.columns) / 2 * BinaryLogarithm.of(square / unit)
                count += sample.scales.columns
            }
        }
        return count > 0 ? sum / Double(count) : meanLevel
    }
}

extension RateDistortionTraining.Goal {
    fileprivate var isRate: Bool {
        if case .bitsPerWeight = self { true } else { false }
    }
}
