// Why: the way back of a block of integers, piece by piece in the nearest cache.

import CBantamKernels

/// A coded block of integers, taken apart and found to be whole.
struct DenseIndexDecoder {
    private let frame: DenseFrame
    private let model: DenseIndexModel
    private let count: Int

    init(_ bytes: UnsafeRawBufferPointer, width: Int, count: Int) throws {
        frame = try DenseFrame(bytes, count: count)
        var model = DenseIndexModel(width: width)
        var coder = RangeDecoder(frame.side)
        try model.code(with: &coder)
        try frame.checkSide(coder.position)
        self.model = model
        self.count = count
    }

    func decode(into result: UnsafeMutableRawBufferPointer) throws {
        let isWhole =
            switch model.width {
            case 1: decode(into: result, as: UInt8.self)
            case 2: decode(into: result, as: UInt16.self)
            case 4: decode(into: result, as: UInt32.self)
            default: decode(into: result, as: UInt64.self)
            }
        guard isWhole else { throw DenseCoder.damaged("coded words that end where they should", "others") }
    }

    private func decode<Element: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        into result: UnsafeMutableRawBufferPointer, as type: Element.Type
    ) -> Bool {
        let frequencies = model.histogram.frequencies
        let piece = DenseNumberDecoder.pieceCount
        guard let extras = frame.rest.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let target = result.baseAddress
        else { return false }
        var decoder = frame.decoder(at: frame.extraByteCount)
        var alphabet = model.alphabet.kernel
        var steps = IndexSteps<Element>(model.step, largest: model.largest)
        var bit: UInt64 = 0
        let tableByteCount = 4 << Int(BANTAM_CLASS_RANS_BITS)
        return withUnsafeTemporaryAllocation(byteCount: tableByteCount + 10 * piece, alignment: 64) {
            scratch in
            guard let start = scratch.baseAddress else { return false }
            let tables = start.assumingMemoryBound(to: UInt32.self)
            let values = (start + tableByteCount).assumingMemoryBound(to: UInt64.self)
            let classes = (start + tableByteCount + 8 * piece).assumingMemoryBound(to: UInt8.self)
            let symbols = classes + piece
            classes.update(repeating: 0, count: piece)
            guard bantam_class_rans_decoding_tables(frequencies, 1, frequencies.count, tables) != 0 else {
                return false
            }
            for first in stride(from: 0, to: count, by: piece) {
                let length = min(piece, count - first)
                guard bantam_class_rans_decode(&decoder, tables, classes, length, symbols) != 0,
                    bantam_values_64(&alphabet, symbols, length, extras, frame.extraByteCount, &bit, values)
                        != 0
                else { return false }
                steps.backward(values, length, to: target + first * MemoryLayout<Element>.size)
            }
            return bantam_class_rans_is_finished(&decoder) != 0
                && (bit + 7) / 8 == UInt64(frame.extraByteCount)
        }
    }
}
