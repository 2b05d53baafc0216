import BantamTestSupport
import Glibc
import Testing

@testable import BantamCoding

/// The arithmetic of prediction against closed forms and a slow mixer with plain numbers that trap on overflow.
@Suite struct ContextMixerTests {
    @Test func tablesAreTheLogisticFunction() {
        let tables = LogisticTables.shared
        let limit = LogisticTables.limit
        for x in -limit...limit {
            let exact = 65536 / (1 + exp(-Double(x) / 256))
            #expect(
                abs(Double(tables.squash[x + limit]) - exact) <= (exact < 1 || exact > 65535 ? 1 : 0.51),
                "\(x)")
        }
        for p in 0..<4096 {
            let x = Double(tables.stretch[p])
            let middle = Double(16 * p + 8)
            #expect(65536 / (1 + exp(-x / 256)) > middle - 0.51, "\(p)")
            #expect(65536 / (1 + exp(-(x - 1) / 256)) < middle + 0.51, "\(p)")
        }
        for n in 0...16383 {
            #expect(tables.reciprocals[n] == UInt32(16_777_216 / (Double(n) + 1.5)))
        }
    }

    @Test(arguments: MaxForm.all) func anAdaptiveBitIsAMean(_ form: MaxForm) {
        let reciprocals = LogisticTables.shared.reciprocals
        var bit = AdaptiveBit.unseen
        var ones = 0
        for n in 0..<1000 {
            let seen = n % 7 == 0 ? 1 : 0
            bit.update(seen, limit: form.countLimit, form, reciprocals)
            ones += seen
            let mean = (Double(ones) + 0.25) / (Double(n + 1) + 0.5)
            let bound = form == .first ? 0.002 : 0.00002
            #expect(abs(Double(bit.probability) / 65536 - mean) < bound, "\(n)")
        }
        #expect(bit.count == 1000)
    }

    @Test(arguments: [0, 1], MaxForm.all)
    func anAdaptiveBitStaysInsideItsLimits(_ seen: Int, _ form: MaxForm) {
        let reciprocals = LogisticTables.shared.reciprocals
        var bit = AdaptiveBit.unseen
        let limit = form.countLimit
        for _ in 0..<100_000 { bit.update(seen, limit: limit, form, reciprocals) }
        #expect((1...65535).contains(bit.probability) && bit.count == limit)
        for _ in 0..<20 * limit { bit.update(1 - seen, limit: limit, form, reciprocals) }
        #expect(seen == 1 ? bit.probability < 300 : bit.probability > 65200)
    }

    /// Notes the probabilities it is given.
    struct Recorder: BinaryCoder {
        var probabilities: [UInt32] = []
        mutating func code(_ bit: Int, probability: UInt32) -> Int {
            probabilities.append(probability)
            return bit
        }
        mutating func codeRaw(_ bits: UInt64, count: Int) -> UInt64 { bits }
    }

    /// The mixer as `docs/coders/max.md` states it.
    struct SlowMixer {
        var slots: [[Int]: (probability: Int, count: Int)] = [:]
        var weights: [[Int]: Int] = [:]
        /// In 1/16.
        var rate = 1024
        var decisions = 0
        let slotBits: Int
        /// Of probabilities, reciprocals and weights; the highest count; the least rate.
        let probabilityBits, reciprocalBits, weightBits, limit, leastRate: Int

        init(_ form: MaxForm, slotBits: Int) {
            self.slotBits = slotBits
            (probabilityBits, reciprocalBits, weightBits, limit, leastRate) =
                form == .first ? (22, 16, 16, 1023, 96) : (32, 24, 22, 16383, 12)
        }

        func floorDivide(_ a: Int, _ b: Int) -> Int { a >= 0 ? a / b : -((-a + b - 1) / b) }

        mutating func code(
            _ bit: Int, _ contexts: [UInt32], _ nodes: [UInt32], _ selectors: (Int, Int)
        ) -> Int {
            let tables = LogisticTables.shared
            var places: [[Int]] = []
            var inputs: [Int] = []
            for input in 0..<6 {
                let node = UInt64(nodes[[0, 0, 0, 1, 1, 2][input]]) * 2_654_435_769 % (1 << 32)
                var hash = (UInt64(contexts[input]) ^ node) * 2_246_822_507 % (1 << 32)
                hash = (hash ^ (hash / 32768)) * 3_266_489_909 % (1 << 32)
                places.append([input, Int(hash >> UInt64(32 - slotBits))])
                let state = slots[places[input], default: (1 << (probabilityBits - 1), 0)]
                let logit = Int(tables.stretch[state.probability >> (probabilityBits - 12)])
                inputs.append(state.count < 4 ? logit * state.count / 4 : logit)
            }
            inputs.append(256)
            func weight(_ set: Int, _ selector: Int, _ input: Int) -> Int {
                weights[
                    [set, selector, input], default: set == 0 && input < 6 ? 10922 << (weightBits - 16) : 0]
            }
            var sum = 0
            for input in 0..<7 {
                sum += inputs[input] * (weight(0, selectors.0, input) + weight(1, selectors.1, input))
            }
            let logit = max(-3071, min(3071, floorDivide(sum, 1 << weightBits)))
            let probability = Int(tables.squash[logit + 3071])
            let error = bit * 65536 - probability
            for input in 0..<7 {
                let unit = 1 << (41 - weightBits)
                let delta = floorDivide(inputs[input] * error * rate + unit / 2, unit)
                weights[[0, selectors.0, input]] = weight(0, selectors.0, input) + delta
                weights[[1, selectors.1, input]] = weight(1, selectors.1, input) + delta
            }
            for place in places {
                var state = slots[place, default: (1 << (probabilityBits - 1), 0)]
                let goal = bit == 1 ? (1 << probabilityBits) - 1 : 0
                let reciprocal = (2 << reciprocalBits) / (2 * state.count + 3)
                state.probability += floorDivide(
                    (goal - state.probability) * reciprocal, 1 << reciprocalBits)
                state.count = min(state.count + 1, limit)
                slots[place] = state
            }
            decisions += 1
            if decisions % 256 == 0, rate > 96 { rate -= 16 }
            if [1 << 16, 1 << 17, 1 << 18].contains(decisions) { rate = max(leastRate, rate - 6) }
            return probability
        }
    }

    /// Random, constant and alternating decisions: the last two drive probabilities and weights to their ends.
    @Test(arguments: 0..<4, MaxForm.all)
    func theSameAsTheSlowMixer(_ pattern: Int, _ form: MaxForm) {
        var generator = SeededGenerator(seed: UInt64(pattern))
        var mixer = ContextMixer(form, elements: 100)
        var slow = SlowMixer(form, slotBits: 11)
        var recorder = Recorder()
        var expected: [UInt32] = []
        for index in 0..<(pattern == 0 ? 70_000 : 20_000) {
            let contexts = (0..<6).map { _ in UInt32.random(in: 0..<3, using: &generator) }
            for input in 0..<6 { mixer.contexts[input] = contexts[input] }
            let bit =
                switch pattern {
                case 0: Int.random(in: 0...1, using: &generator)
                case 1: 0
                case 2: index / 3000 % 2
                default: Int(contexts[2] + contexts[4]) % 2
                }
            let node = UInt32.random(in: 0..<4, using: &generator)
            let selectors = (Int(node), Int.random(in: 62..<64, using: &generator))
            _ = mixer.code(
                bit, relative: node, absolute: node + 256, last: node ^ 1, selectors: selectors,
                with: &recorder)
            expected.append(
                UInt32(slow.code(bit, contexts, [node, node + 256, node ^ 1], selectors)))
        }
        #expect(recorder.probabilities == expected)
        #expect(recorder.probabilities.allSatisfy { (1...65535).contains($0) })
    }
}
