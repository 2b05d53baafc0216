// Why: which step is taken decides what is stored, so it must not depend on a library's logarithm or power.

/// Ratios in dB and steps on a grid of parts of an octave, the same on every processor.
package enum Decibels {
    /// 10·log₁₀(signal / noise); infinite without noise.
    package static func ratio(_ signal: Double, _ noise: Double) -> Double {
        guard noise > 0 else { return .infinity }
        guard signal > 0 else { return -.infinity }
        return octave / 2 * (BinaryLogarithm.of(signal) - BinaryLogarithm.of(noise))
    }

    /// dB in a factor of two in amplitude: 20·log₁₀ 2.
    package static let octave = 6.020599913279624
}

/// Steps that are powers of the 1024th root of two.
package enum StepGrid {
    static let bits = 10
    /// The place of 2^100: steps beyond, or parts of them, may not be numbers.
    static let largestPlace = 100 << bits

    /// 2^(place / 1024).
    package static func step(at place: Int) -> Float {
        var factor = 1.0
        var root = 2.0
        for bit in (0..<bits).reversed() {
            root = root.squareRoot()
            if place >> bit & 1 == 1 { factor *= root }
        }
        return Float(factor * Double(sign: .plus, exponent: place >> bits, significand: 1))
    }

    /// The place of the step next to 2^`logarithm`.
    package static func place(of logarithm: Double) -> Int {
        Int((logarithm * Double(1 << bits)).rounded())
    }

    /// The place next to `step`, which is above 0.
    package static func place(of step: Float) -> Int { place(of: BinaryLogarithm.of(Double(step))) }
}
