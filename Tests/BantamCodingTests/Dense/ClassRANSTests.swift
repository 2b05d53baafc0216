import BantamTestSupport
import CBantamKernels
import Testing

@testable import BantamCoding

/// The kernels against the formulas of `docs/coders/dense.md`, one element at a time.
@Suite struct ClassRANSTests {
    struct Sample {
        var frequencies: [UInt16] = []
        var classes: [UInt8] = []
        var symbols: [UInt8] = []
    }

    static let symbolCount = 40

    /// Random tables, some with one symbol only, and symbols drawn from them.
    static func sample(_ count: Int, classCount: Int) -> Sample {
        var generator = SeededGenerator(seed: UInt64(count * 64 + classCount))
        var sample = Sample()
        for number in 0..<classCount {
            var table = [UInt16](repeating: 0, count: symbolCount)
            if number % 5 == 4 {
                table[number % symbolCount] = 4096
            } else {
                for _ in 0..<4096 {
                    let symbol = Int.random(in: 0..<symbolCount, using: &generator)
                    table[symbol * symbol / symbolCount] += 1
                }
            }
            sample.frequencies += table
        }
        for _ in 0..<count {
            let number = Int.random(in: 0..<classCount, using: &generator)
            var slot = Int.random(in: 0..<4096, using: &generator)
            var symbol = 0
            while slot >= Int(sample.frequencies[number * symbolCount + symbol]) {
                slot -= Int(sample.frequencies[number * symbolCount + symbol])
                symbol += 1
            }
            sample.classes.append(UInt8(number))
            sample.symbols.append(UInt8(symbol))
        }
        return sample
    }

    /// Symbols from states and words, by the slots that each symbol owns.
    static func decoded(_ sample: Sample, states: [UInt32], words: [UInt8]) -> [UInt8] {
        var states = states.map(Int.init)
        var place = 0
        return sample.classes.enumerated().map { index, number in
            let lane = index % states.count
            var offset = states[lane] % 4096
            var symbol = 0
            let table = sample.frequencies[Int(number) * symbolCount..<(Int(number) + 1) * symbolCount].map(
                Int.init)
            while offset >= table[symbol] {
                offset -= table[symbol]
                symbol += 1
            }
            states[lane] = table[symbol] * (states[lane] / 4096) + offset
            if states[lane] < 1 << 16 {
                states[lane] = states[lane] << 16 | Int(words[place]) | Int(words[place + 1]) << 8
                place += 2
            }
            return UInt8(symbol)
        }
    }

    @Test(arguments: [0, 1, 31, 32, 33, 1000, 4096, 5003], [1, 7, 64])
    func everyLevelReadsWhatIsWritten(_ count: Int, _ classCount: Int) {
        let sample = Self.sample(count, classCount: classCount)
        for lanes in [1, 4, 32] {
            var tables = [bantam_class_rans_entry](repeating: .init(), count: classCount << 8)
            bantam_class_rans_encoding_tables(sample.frequencies, classCount, Self.symbolCount, &tables)
            var states = [UInt32](repeating: 0, count: lanes)
            var room = [UInt8](repeating: 0, count: 2 * count + 2)
            let size = room.withUnsafeMutableBufferPointer { room in
                let end = room.baseAddress! + room.count
                return end
                    - bantam_class_rans_encode(
                        tables, sample.classes, sample.symbols, count, lanes, &states, end)
            }
            let words = Array(room.suffix(size))
            #expect(Self.decoded(sample, states: states, words: words) == sample.symbols)

            var slots = [UInt32](repeating: 0, count: classCount << 12)
            #expect(
                bantam_class_rans_decoding_tables(sample.frequencies, classCount, Self.symbolCount, &slots)
                    == 1)
            for level in FastCoderTests.levels {
                FastCoderTests.atLevel(level) {
                    var found = [UInt8](repeating: 0, count: count)
                    words.withUnsafeBufferPointer { words in
                        var decoder = bantam_class_rans_decoder()
                        decoder.lanes = lanes
                        withUnsafeMutableBytes(of: &decoder.states) {
                            $0.copyBytes(from: states.withUnsafeBytes(Array.init))
                        }
                        decoder.next = words.baseAddress
                        decoder.end = words.baseAddress.map { $0 + words.count }
                        // In two calls, the first of whole groups.
                        let first = count / 64 * 32
                        #expect(bantam_class_rans_decode(&decoder, slots, sample.classes, first, &found) == 1)
                        var rest = [UInt8](repeating: 0, count: count - first)
                        #expect(
                            bantam_class_rans_decode(
                                &decoder, slots, Array(sample.classes[first...]), count - first, &rest) == 1)
                        found.replaceSubrange(first..., with: rest)
                        #expect(bantam_class_rans_is_finished(&decoder) == 1)
                    }
                    #expect(found == sample.symbols)
                }
            }
        }
    }

    /// Extra bits of every width at every place in a byte.
    @Test func extraBitsComeBack() {
        var generator = SeededGenerator(seed: 3)
        let alphabet = DenseAlphabet(first: 3, plain: 5, below: [1, 0], above: [0, 3, 7, 13, 31, 57, 63])
        var kernel = alphabet.kernel
        let values = (0..<3000).map { _ in
            UInt64.random(in: 0..<1 << 63, using: &generator) >> UInt64.random(in: 0..<62, using: &generator)
        }
        var symbols = [UInt8](repeating: 0, count: values.count)
        var bits = [UInt8](repeating: 0, count: 8 * values.count + 16)
        var end: UInt64 = 0
        bantam_symbols_64(&kernel, values, values.count, &symbols, &bits, &end)
        for level in FastCoderTests.levels {
            FastCoderTests.atLevel(level) {
                var found = [UInt64](repeating: 0, count: values.count)
                var place: UInt64 = 0
                let size = Int(end + 7) / 8
                #expect(bantam_values_64(&kernel, symbols, values.count, bits, size, &place, &found) == 1)
                #expect(found == values && place == end)
                place = 0
                #expect(bantam_values_64(&kernel, symbols, values.count, bits, size - 1, &place, &found) == 0)
            }
        }
    }

    /// Values and rests by shifts and masks of single elements.
    @Test(arguments: [1, 2, 4, 8]) func numbersAreSplitAsSpecified(_ width: Int) {
        var generator = SeededGenerator(seed: UInt64(width))
        let count = 300
        let bytes = (0..<count * width).map { _ in UInt8.random(in: 0...255, using: &generator) }
        for lowBits in max(0, 8 * width - 17)...8 * width - 2 {
            for folds in [false, true] {
                let layout = bantam_number_layout(
                    element_bytes: UInt8(width), low_bits: UInt8(lowBits), is_folded: folds ? 1 : 0)
                let expected = (0..<count).map { index in
                    var element: UInt64 = 0
                    for byte in 0..<width {
                        element |= UInt64(bytes[index * width + byte]) << UInt64(8 * byte)
                    }
                    let sign = element >> UInt64(8 * width - 1)
                    if folds, sign == 1 { element = ~element }
                    return UInt16(
                        truncatingIfNeeded: (element & (1 << UInt64(8 * width - 1) - 1)) >> UInt64(lowBits))
                }
                for level in FastCoderTests.levels {
                    FastCoderTests.atLevel(level) {
                        var values = [UInt16](repeating: 0, count: count)
                        var drops = [UInt8](repeating: 9, count: 3)
                        bantam_number_values(layout, bytes, count, &values, &drops)
                        #expect(values == expected)
                        #expect(drops.allSatisfy { $0 == 0 } || lowBits == 0)
                        var rests = [UInt8](repeating: 0, count: 2 * count * (lowBits + 1) / 8 + 8)
                        let size = bantam_number_put_rests(layout, bytes, count, nil, &rests)
                        #expect(size == 32 * (lowBits + 1) + (44 * (lowBits + 1) + 7) / 8)
                        var result = [UInt8](repeating: 0, count: bytes.count)
                        #expect(bantam_number_join(layout, values, rests, count, nil, &result) == size)
                        #expect(result == bytes)
                    }
                }
            }
        }
    }
}
