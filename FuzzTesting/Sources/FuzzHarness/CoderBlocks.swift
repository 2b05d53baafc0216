// Why: through the container, a changed block would hardly get past its checksum; here a coder sees it as it is.

import Bantam
import Glibc

/// What the targets of single coders share.
public enum CoderBlocks {
    /// Decodes an input as a block, and brings its bytes through encoder and decoder.
    ///
    /// The input is the dtype's number (seven bits; the eighth asks for the earlier form, if there is one), the
    /// columns and the raw bytes (two bytes each, little-endian), and the block. At every level of the kernels both
    /// must come to the same.
    ///
    /// - Parameters:
    ///   - earlier: the identifier of a form of the coder that is decoded but written no longer.
    ///   - hasKernels: whether what the coder does depends on the level.
    ///   - limit: raw bytes are taken modulo this: slow coders want fewer.
    ///   - encodingOneOf: only inputs whose length is a multiple of this go through the encoder, which is slow and
    ///     reads nothing that lies.
    public static func check(
        _ name: String, earlier: UInt8? = nil, hasKernels: Bool = false, _ start: UnsafeRawPointer?,
        _ count: Int, limit: Int = 1 << 16, encodingOneOf share: Int = 1
    ) -> CInt {
        let input = UnsafeRawBufferPointer(start: start, count: count)
        guard count >= 5, let coder = try? Coders.named(name) else { return -1 }
        let reader = input[0] & 128 != 0 ? earlier.flatMap { try? Coders.identified(by: $0) } : nil
        let dtype = DType.allCases[(Int(input[0] & 127) + DType.allCases.count - 1) % DType.allCases.count]
        let columns = Int(input[1]) | Int(input[2]) << 8
        let rawByteCount = (Int(input[3]) | Int(input[4]) << 8) % limit
        let context = BlockContext(dtype, columns: columns, firstElement: 0)
        let block = UnsafeRawBufferPointer(rebasing: input[5...])
        let top = hasKernels ? Levels.top : 0
        return Harness.check {
            let result = Levels.same(below: top) {
                decoded(block, by: reader ?? coder, context, rawByteCount)
            }
            if count % share == 0 {
                let raw = raw(from: block, whole: max(1, dtype.bitWidth / 8), rawByteCount)
                try checkRoundTrip(of: raw, by: coder, context, below: top)
            }
            if case .refused(let error) = result { throw error }
        }
    }

    /// Encodes bytes and decodes what came of them.
    private static func checkRoundTrip(
        of raw: [UInt8], by coder: any Coder, _ context: BlockContext, below top: Int32
    ) throws {
        let coded = try Levels.same(below: top) { try raw.withUnsafeBytes { try coder.encode($0, context) } }
        guard let coded else { return }
        guard coded.count < raw.count else {
            fatalError("expected fewer than \(raw.count) bytes, found \(coded.count)")
        }
        let back = Levels.same(below: top) {
            coded.withUnsafeBytes { decoded($0, by: coder, context, raw.count) }
        }
        guard back == .bytes(raw) else {
            fatalError("expected \(raw.count) bytes of \(context.dtype) back, found \(back)")
        }
    }

    private enum Outcome: Equatable {
        case bytes([UInt8])
        case refused(BantamError)

        static func == (one: Outcome, other: Outcome) -> Bool {
            switch (one, other) {
            case (.bytes(let bytes), .bytes(let others)): bytes == others
            case (.refused(let error), .refused(let another)): error.description == another.description
            default: false
            }
        }
    }

    /// What a coder makes of a block, in memory of its exact size, so that a write beyond is noticed.
    private static func decoded(
        _ block: UnsafeRawBufferPointer, by coder: any Coder, _ context: BlockContext, _ count: Int
    ) -> Outcome {
        let target = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { target.deallocate() }
        target.initializeMemory(as: UInt8.self, repeating: 0)
        do {
            try coder.decode(block, context, into: target)
            return .bytes(Array(target))
        } catch let error as BantamError {
            return .refused(error)
        } catch {
            fatalError("expected a BantamError, found \(error)")
        }
    }

    /// Whole elements made of a block's bytes, over and over with a change at each turn.
    private static func raw(from block: UnsafeRawBufferPointer, whole width: Int, _ count: Int) -> [UInt8] {
        guard !block.isEmpty else { return [] }
        return (0..<count / width * width).map { block[$0 % block.count] ^ UInt8($0 / block.count % 4) }
    }
}
