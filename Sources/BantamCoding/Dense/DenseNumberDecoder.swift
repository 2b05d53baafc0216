// Why: decoding runs over pieces that fit the nearest cache: classes, symbols, values, then whole numbers.

import BantamTensors
import CBantamKernels

/// A coded block of numbers, taken apart and found to be whole.
struct DenseNumberDecoder {
    private let frame: DenseFrame
    private let model: DenseNumberModel
    private let restByteCount: Int

    static let pieceCount = 4096

    init(
        _ bytes: UnsafeRawBufferPointer, _ format: DenseFormat, _ context: BlockContext, count: Int
    ) throws {
        frame = try DenseFrame(bytes, count: count)
        var model = DenseNumberModel(
            format: format, lowBits: 0, grid: DenseGrid(count: count, context), table: .shape(DenseShape()))
        var coder = RangeDecoder(frame.side)
        try model.code(with: &coder)
        try frame.checkSide(coder.position)
        self.model = model
        restByteCount = model.restByteCount
        guard restByteCount <= frame.rest.count - frame.extraByteCount else {
            throw DenseCoder.damaged(
                "\(restByteCount) bytes of low bits", "\(frame.rest.count - frame.extraByteCount)")
        }
    }

    func decode(into result: UnsafeMutableRawBufferPointer) throws {
        let frequencies = model.frequencies
        let tableCount = model.tableCount
        let size = tableCount << Int(BANTAM_CLASS_RANS_BITS)
        let isWhole = withUnsafeTemporaryAllocation(of: UInt32.self, capacity: size) { tables in
            bantam_class_rans_decoding_tables(
                frequencies, tableCount, frequencies.count / tableCount, tables.baseAddress) != 0
                && withUnsafeTemporaryAllocation(
                    byteCount: 4 * DenseNumberDecoder.pieceCount, alignment: 64
                ) { decode(into: result, UnsafePointer(tables.baseAddress!), scratch: $0) }
        }
        guard isWhole else { throw DenseCoder.damaged("coded words that end where they should", "others") }
    }

    private func decode(
        into result: UnsafeMutableRawBufferPointer, _ tables: UnsafePointer<UInt32>,
        scratch: UnsafeMutableRawBufferPointer
    ) -> Bool {
        guard let rests = frame.rest.baseAddress?.assumingMemoryBound(to: UInt8.self),
            let target = result.baseAddress, let classes = scratch.baseAddress
        else { return false }
        let piece = DenseNumberDecoder.pieceCount
        let values = classes.assumingMemoryBound(to: UInt16.self) + piece
        let symbols = classes.assumingMemoryBound(to: UInt8.self) + piece
        let classBytes = classes.assumingMemoryBound(to: UInt8.self)
        let extras = rests + restByteCount
        var decoder = frame.decoder(at: restByteCount + frame.extraByteCount)
        var alphabet = model.alphabet.kernel
        let layout = model.layout
        let hasClasses = model.tableCount > 1
        if !hasClasses { classBytes.update(repeating: 0, count: piece) }
        var bit: UInt64 = 0
        var rest = 0
        let isDecoded = model.grid.withKernel { grid in
            model.drops.withUnsafeBufferPointer { drops in
                for first in stride(from: 0, to: model.grid.count, by: piece) {
                    let count = min(piece, model.grid.count - first)
                    if hasClasses { bantam_class_fill(&grid, model.grid.start + first, count, classBytes) }
                    guard bantam_class_rans_decode(&decoder, tables, classBytes, count, symbols) != 0,
                        bantam_values_16(
                            &alphabet, symbols, count, extras, frame.extraByteCount, &bit, values) != 0
                    else { return false }
                    rest += bantam_number_join(
                        layout, values, rests + rest, count,
                        drops.isEmpty ? nil : drops.baseAddress.map { $0 + first / DenseNumberModel.unit },
                        target + first * model.format.width)
                }
                return true
            }
        }
        return isDecoded && bantam_class_rans_is_finished(&decoder) != 0
            && (bit + 7) / 8 == UInt64(frame.extraByteCount)
    }
}
