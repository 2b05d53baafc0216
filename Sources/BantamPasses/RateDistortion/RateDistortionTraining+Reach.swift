// Why: a goal beyond what steps can reach is to be found out, and named, without a step that cannot be.

import BantamTensors

extension RateDistortionTraining {
    /// The steps that can be, as places on the grid of steps: from the smallest with indices of at most 15 bits to one
    /// at which every index is zero.
    package var places: ClosedRange<Int> {
        var largest = 0.0
        for (sample, relativeStep) in samples {
            largest = max(largest, Double(sample.scales.largest) / Double(relativeStep))
        }
        guard largest > 0 else { return 0...0 }
        func place(_ step: Double) -> Int {
            let octaves = max(-120, min(120, BinaryLogarithm.of(step)))
            return StepGrid.place(of: octaves)
        }
        // Means that are taken out make numbers up to twice as large, which lie on levels two steps apart.
        let finest = place(largest / RateDistortion.largestInSteps) + 1
        return finest...max(finest, place(8 * largest))
    }

    /// Tables for the smallest step and for the largest one that make a difference: the ends of what can be reached.
    ///
    /// - Complexity: two times ``tables(step:workers:)``.
    public func ends(workers: Workers) throws -> (finest: Result, coarsest: Result) {
        let places = places
        return (
            try tables(step: StepGrid.step(at: places.lowerBound), workers: workers),
            try tables(step: StepGrid.step(at: places.upperBound), workers: workers)
        )
    }
}
