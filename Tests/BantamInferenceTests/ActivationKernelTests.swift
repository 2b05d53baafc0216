import BantamTestSupport
import CBantamKernels
import Foundation
import Testing

/// The activation kernels beside `Double` functions of the C library, over all magnitudes, in units of the last
/// place; and beside the same steps in Swift, bit by bit.
@Suite struct ActivationKernelTests {
    /// Odd in number, so that every copy of a kernel has a tail.
    private static let inputs: [Float] = {
        var generator = SeededGenerator(seed: 11)
        let spread = (0..<20000).map { _ in Float.random(in: -30...30, using: &generator) }
        let small = (0..<20000).map { _ in
            generator.normal() * Float(exp2(Double.random(in: -30...0, using: &generator)))
        }
        return spread + small + [0, -0.0, 80, -80, 1e-30, -1e-30, 0x1p-126]
    }()

    private typealias Kernel = @Sendable (UnsafeMutablePointer<Float>?, Int) -> Void

    private func run(_ kernel: Kernel, _ inputs: [Float]) -> [Float] {
        var values = inputs
        values.withUnsafeMutableBufferPointer { kernel($0.baseAddress, $0.count) }
        return values
    }

    /// The largest relative error.
    private func error(_ kernel: Kernel, _ exact: (Double) -> Double) -> Double {
        zip(run(kernel, Self.inputs), Self.inputs).reduce(0) { worst, pair in
            let expected = exact(Double(pair.1))
            guard expected.magnitude > 1e-37 else { return worst }
            return max(worst, ((Double(pair.0) - expected) / expected).magnitude)
        }
    }

    @Test func errorsAreAFewUnitsInTheLastPlace() {
        #expect(error(bantam_exp) { exp($0) } <= 0x1p-22)
        #expect(error(bantam_sigmoid) { 1 / (1 + exp(-$0)) } <= 0x1p-22)
        #expect(error(bantam_silu) { $0 / (1 + exp(-$0)) } <= 0x1p-22)
        #expect(error(bantam_tanh) { tanh($0) } <= 0x1p-21)
    }

    /// The exponent of the gate carries the rounding of its argument u, so the error grows as |u| does.
    @Test func geluByTanhIsExactToItsArgument() {
        for (found, x) in zip(run(bantam_gelu_tanh, Self.inputs), Self.inputs) {
            let u = 2 * (2 / Double.pi).squareRoot() * (Double(x) + 0.044715 * pow(Double(x), 3))
            let expected = Double(x) / (1 + exp(-u))
            guard expected.magnitude > 1e-37 else { continue }
            #expect(((Double(found) - expected) / expected).magnitude <= 0x1p-22 * (1 + u.magnitude))
        }
    }

    @Test func extremesAreTheLimits() {
        let ends: [Float] = [-.infinity, -1e38, 1e38, .infinity]
        #expect(run(bantam_exp, [-.infinity, -200]) == [0, 0])
        #expect(run(bantam_tanh, ends) == [-1, -1, 1, 1])
        let gates = run(bantam_sigmoid, ends)
        #expect(gates[0] < 1e-37 && gates[1] < 1e-37 && gates[2] == 1 && gates[3] == 1)
        for kernel in [bantam_silu, bantam_gelu_tanh] as [Kernel] {
            let values = run(kernel, ends)
            #expect(values[0].magnitude < 1e-36 && values[1].magnitude < 1e-36)
            #expect(values[2] == 1e38 && values[3] == .infinity)
        }
        for kernel in [bantam_exp, bantam_sigmoid, bantam_silu, bantam_tanh, bantam_gelu_tanh] as [Kernel] {
            #expect(run(kernel, [.nan, 1, .nan]).map(\.isNaN) == [true, false, true])
        }
    }

    @Test func everyLevelComputesTheStepsOfTheReference() {
        func reduced(_ x: Float) -> (Float, Float) {
            let shifted = x * 1.44269504 + 12582912
            let scale = Float(bitPattern: (shifted.bitPattern << 23) &+ 0x3f80_0000)
            let n = shifted - 12582912
            let r = (x - n * 0.693359375) + n * 2.12194440e-4
            var p: Float = 1 / 720 + r * (1 / 5040)
            for coefficient: Float in [1 / 120, 1 / 24, 1 / 6, 0.5] { p = coefficient + r * p }
            return (r + r * r * p, scale)
        }
        let found = run(bantam_tanh, Self.inputs)
        for (found, x) in zip(found, Self.inputs) {
            let (q, scale) = reduced(max(-20, min(20, 2 * x)))
            let e = scale * q + (scale - 1)
            #expect(found.bitPattern == (e / (e + 2)).bitPattern)
        }
        for (found, x) in zip(run(bantam_sigmoid, Self.inputs), Self.inputs) {
            let (q, scale) = reduced(max(-87, min(88, -x)))
            #expect(found.bitPattern == (1 / (1 + (scale + scale * q))).bitPattern)
        }
    }
}
