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

        /// An excess that is as good as none.
        fileprivate var tolerance: Double {
            if case .bitsPerWeight(let goal) = self { 0.001 * goal } else { 0.001 }
        }
    }

    /// Tables and step that come as near to `goal` as steps of a 1024th of an octave allow, judged by the sample.
    ///
    /// Where that is beyond what steps can reach, at one of the ``ends(workers:)``, it is that end: less than what stands
    /// beside the indices, or indices of more than 15 bits. Else the signal-to-noise ratio of the sample is met within
    /// 0.02 dB and the rate within 0.3 %, as far as so few elements have such a step: bytes are whole, and in a thousand
    /// elements a single index shows.
    ///
    /// Tables that are trained for neighbouring steps may differ, and figures jump from one to the other; there the step
    /// alone is moved, with the nearest tables.
    ///
    /// - Complexity: three or four times ``tables(step:workers:)``, at most twelve.
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the goal is not a number above 0.
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
        let start = StepGrid.place(of: (goal.isRate ? meanRowLevel : meanLevel) + first)
        let trained = try nearest(to: goal, from: start, tries: 12) {
            try tables(step: StepGrid.step(at: $0), workers: workers)
        }
        guard abs(goal.excess(of: trained)) >= goal.tolerance else { return trained }
        return try nearest(to: goal, from: StepGrid.place(of: trained.step), tries: 12) { place in
            try judged(trained.tables, step: StepGrid.step(at: place), workers: workers)
        }
    }

    /// The nearest of the results of up to `tries` steps.
    ///
    /// Secants between the nearest steps known on either side, halved where they do not help: what is reached falls as
    /// the step grows.
    private func nearest(
        to goal: Goal, from start: Int, tries: Int, _ result: (Int) throws -> Result
    ) throws -> Result {
        let places = places
        func reachable(_ place: Int) -> Int { max(places.lowerBound, min(places.upperBound, place)) }
        var place = reachable(start)
        var tried: [Int: Result] = [:]
        var fine: (place: Int, excess: Double)?
        var coarse: (place: Int, excess: Double)?
        var (last, sameSide) = (0.0, 0)
        while tried.count < tries, tried[place] == nil {
            let result = try result(place)
            tried[place] = result
            let excess = goal.excess(of: result)
            if abs(excess) < goal.tolerance { return result }
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
                place = reachable(place + StepGrid.place(of: octaves) + (excess > 0 ? 1 : -1))
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
