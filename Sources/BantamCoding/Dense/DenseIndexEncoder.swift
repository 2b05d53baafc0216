// Why: which step makes small numbers of a block of integers shows only when it is tried.

import BantamTensors
import CBantamKernels

/// A block of unsigned integers on its way to its coded form.
struct DenseIndexEncoder {
    private let width: Int
    private let count: Int
    private let model: DenseIndexModel
    private let values: [UInt64]
    /// About what the symbols take.
    private let bits: Int

    /// The best of `steps`; `nil` if with that the block takes no fewer than `limit` bytes.
    init?(
        _ block: UnsafeRawBufferPointer, width: Int, steps: [DenseIndexModel.Step], below limit: Int
    ) {
        self.width = width
        count = block.count / width
        // Each step on a part of the block, the best of them on all.
        let count = self.count
        let trials = steps.map {
            IndexCandidate(block, width: width, $0, count: count, stride: 16)
        }
        guard let trial = trials.min(by: { $0.bits < $1.bits }), trial.bits / 8 < limit else { return nil }
        let best = IndexCandidate(block, width: width, trial.model.step, count: count, stride: 1)
        guard best.bits / 8 < limit else { return nil }
        model = best.model
        values = best.values
        bits = best.bits
    }

    /// The coded block.
    func encode() -> [UInt8] {
        var model = self.model
        var coder = RangeEncoder(expecting: 256)
        // What an encoder codes is what it was given: nothing to be thrown.
        try? model.code(with: &coder)
        let side = coder.finish()
        let frequencies = model.histogram.frequencies
        let laneCount = DenseFrame.laneCount(of: count, codedByteCount: bits / 8)
        var states = [UInt32](repeating: 0, count: laneCount)
        let extraCapacity = ((model.alphabet.extras.max() ?? 0) * count + 7) / 8 + 16
        var tables = [bantam_class_rans_entry](repeating: bantam_class_rans_entry(), count: 256)
        bantam_class_rans_encoding_tables(frequencies, 1, frequencies.count, &tables)
        var alphabet = model.alphabet.kernel
        var bit: UInt64 = 0
        return withUnsafeTemporaryAllocation(byteCount: 4 * count + extraCapacity, alignment: 64) { scratch in
            let start = scratch.baseAddress!.assumingMemoryBound(to: UInt8.self)
            let (classes, symbols, words, extras) = (
                start, start + count, start + 2 * count, start + 4 * count
            )
            extras.update(repeating: 0, count: extraCapacity)
            classes.update(repeating: 0, count: count)
            bantam_symbols_64(&alphabet, values, count, symbols, extras, &bit)
            let end = bantam_class_rans_encode(
                tables, classes, symbols, count, laneCount, &states, words + 2 * count)!
            return DenseFrame.assemble(
                DenseFrame.indicesMark, side: side, states: states,
                rests: UnsafeRawBufferPointer(start: nil, count: 0),
                extras: UnsafeRawBufferPointer(start: extras, count: Int(bit + 7) / 8),
                words: UnsafeRawBufferPointer(start: end, count: words + 2 * count - end))
        }
    }
}

/// One way to code a block of integers, and about how many bits that takes.
private struct IndexCandidate {
    private(set) var model: DenseIndexModel
    private(set) var values: [UInt64]
    private(set) var bits = Int.max

    /// Elements that are looked at together: of each `stride` of these the first.
    private static let pieceCount = 2048
    /// How many values may have symbols of their own.
    private static let plainCounts = [16, 32, 64, 128]

    init(_ block: UnsafeRawBufferPointer, width: Int, _ step: DenseIndexModel.Step, count: Int, stride: Int) {
        model = DenseIndexModel(width: width, step: step)
        switch width {
        case 1: (values, model.largest) = IndexCandidate.values(block, UInt8.self, step, stride)
        case 2: (values, model.largest) = IndexCandidate.values(block, UInt16.self, step, stride)
        case 4: (values, model.largest) = IndexCandidate.values(block, UInt32.self, step, stride)
        default: (values, model.largest) = IndexCandidate.values(block, UInt64.self, step, stride)
        }
        let largest = values.max() ?? 0
        if width == 1 {
            choose(DenseAlphabet(first: 0, plain: Int(largest) + 1), count)
        } else {
            for plain in IndexCandidate.plainCounts {
                choose(DenseAlphabet(plain: plain, upTo: largest), count)
            }
        }
    }

    private static func values<Element: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ block: UnsafeRawBufferPointer, _: Element.Type, _ step: DenseIndexModel.Step, _ stride: Int
    ) -> ([UInt64], UInt64) {
        guard let start = block.baseAddress else { return ([], 0) }
        let width = MemoryLayout<Element>.size
        let count = block.count / width
        var largest: Element = 0
        for index in 0..<(step == .modulo ? count : 0) {
            largest = max(largest, start.loadUnaligned(fromByteOffset: index &* width, as: Element.self))
        }
        let pieces = Swift.stride(from: 0, to: count, by: pieceCount * stride)
        let values = [UInt64](unsafeUninitializedCapacity: count) { values, done in
            var steps = IndexSteps<Element>(step, largest: UInt64(largest))
            for first in pieces {
                let length = min(pieceCount, count - first)
                if first > 0 {
                    steps.last = start.loadUnaligned(fromByteOffset: (first - 1) * width, as: Element.self)
                }
                steps.forward(start + first * width, length, to: values.baseAddress! + done)
                done += length
            }
        }
        return (values, UInt64(largest))
    }

    /// Takes the alphabet if it is the best so far.
    private mutating func choose(_ alphabet: DenseAlphabet, _ count: Int) {
        guard alphabet.count <= DenseAlphabet.largest else { return }
        var kernel = alphabet.kernel
        var counts = [UInt32](repeating: 0, count: alphabet.count)
        bantam_count_symbols_64(&kernel, values, values.count, &counts)
        let extras = zip(counts.dropFirst(alphabet.plain), alphabet.extras).reduce(0) {
            $0 + Int($1.0) * $1.1
        }
        let histogram = DenseHistogram(counts: counts, precision: DenseHistogram.precision(for: count))
        let cost = counts.withUnsafeBufferPointer { counts in
            histogram.frequencies.withUnsafeBufferPointer { DenseCost.of(counts, $0) }
        }
        let side = counts.count { $0 > 0 } * (4 + histogram.precision) + 5 * alphabet.above.count
        let bits = (Int(cost / 256) + extras) * count / values.count + side
        guard bits < self.bits else { return }
        (self.bits, model.alphabet, model.histogram) = (bits, alphabet, histogram)
    }
}

extension DenseAlphabet {
    /// Values below `plain`, a power of two from 4, have symbols of their own; above, each octave has four.
    init(plain: Int, upTo largest: UInt64) {
        self.plain = UInt64(plain) > largest ? Int(largest) + 1 : plain
        guard UInt64(plain) <= largest else { return }
        for place in plain.trailingZeroBitCount..<64 where largest >> UInt64(place) > 0 {
            above += [place - 2, place - 2, place - 2, place - 2]
        }
        // Those beyond the largest are not needed.
        while let base = bases.last, base > largest { above.removeLast() }
    }
}
