import BantamTestSupport
import Foundation
import Testing

@testable import BantamReports

@Suite struct TicksTests {
    @Test(arguments: [
        (1.0, 5, 0.2), (10, 5, 2), (9, 5, 2), (11, 5, 5), (100, 4, 50), (0.003, 3, 0.001), (1e-9, 1, 1e-9),
        (7e12, 7, 1e12), (0.6, 2, 0.5),
    ])
    func stepsAreRound(_ span: Double, _ count: Int, _ step: Double) {
        #expect(Ticks.step(span: span, count: count) == step)
    }

    @Test func ticksAreWhatAPersonTypes() {
        #expect(Ticks.linear(0...1, count: 5) == [0, 0.2, 0.4, 0.6, 0.8, 1])
        #expect(Ticks.linear(-0.32...0.32, count: 6) == [-0.2, 0, 0.2])
        #expect(Ticks.linear(92.3...98, count: 3) == [94, 96, 98])
        #expect(Ticks.logarithmic(8...600, count: 9) == [10, 20, 50, 100, 200, 500])
        #expect(Ticks.logarithmic(0.5...1e6, count: 8) == [1, 10, 100, 1e3, 1e4, 1e5, 1e6])
        #expect(Ticks.logarithmic(1e-9...1, count: 5).count <= 5)
        #expect(Ticks.rounded(0.03...0.97, count: 5) == 0...1)
    }

    /// The closed form: every tick is a multiple of the step, inside, none is missing, and at most
    /// `count` + 1 of them.
    @Test func ticksAreAllMultiplesInside() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let low = Double.random(in: -1000...1000, using: &generator)
            let span = pow(10, Double.random(in: -6...6, using: &generator))
            let count = Int.random(in: 3...10, using: &generator)
            let ticks = Ticks.linear(low...low + span, count: count)
            let step = Ticks.step(span: span, count: count)
            #expect(ticks.count <= count + 1)
            #expect(!Ticks.linear(low...low + span, count: 1).isEmpty)
            #expect(ticks.count == Int(((low + span) / step).rounded(.down) - (low / step).rounded(.up)) + 1)
            for tick in ticks {
                #expect(abs(tick / step - (tick / step).rounded()) < 1e-6)
                #expect(tick >= low - 1e-6 * step && tick <= low + span + 1e-6 * step)
            }
        }
    }

    @Test func rangesThatMakeNoSenseStillGiveTicks() {
        #expect(Ticks.step(span: .nan, count: 5) == 1)
        #expect(Ticks.step(span: 0, count: 5) == 1)
        let widest = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
        #expect(Ticks.linear(widest, count: 5).count == 2)
        #expect(Ticks.logarithmic(-1...1, count: 5).isEmpty)
        #expect(Ticks.decimals(step: 0.25) == 1)
        #expect(Ticks.decimals(step: 0.01) == 2)
        #expect(Ticks.decimals(step: 50) == 0)
    }

    @Test func scalesMapTheirEndsAndClampTheRest() {
        let linear = Scale(.linear, 0...10, from: 100, to: 0)
        #expect(
            linear(0) == 100 && linear(10) == 0 && linear(5) == 50 && linear(20) == 0 && linear(-1) == 100)
        #expect(linear(.nan) == 100)
        let logarithmic = Scale(.logarithmic, 1...100, from: 0, to: 10)
        #expect(abs(logarithmic(10) - 5) < 1e-12)
        #expect(logarithmic(0) == 0)
        #expect(Scale(.linear, 3...3, from: 0, to: 10)(3) == 5)
    }
}
