// Why: through the container, a changed block would hardly get past its checksum; here a coder sees it as it is.

import Bantam
import CBantamKernels
import Glibc

/// What the targets of single coders share.
public enum CoderBlocks {
    /// Decodes an input as a block, and brings its bytes through encoder and decoder.
    ///
    /// The input is the dtype's number (a byte), the columns and the raw bytes (two bytes each, little-endian), and
    /// the block. At every level of the kernels both must come to the same.
    ///
    /// - Parameters:
    ///   - hasKernels: whether what the coder does depends on the level.
    ///   - limit: raw bytes are taken modulo this: slow coders want fewer.
    public static func check(
        _ name: String, hasKernels: Bool = false, _ start: UnsafeRawPointer?, _ count: Int,
        limit: Int = 1 << 16
    ) -> CInt {
        let input = UnsafeRawBufferPointer(start: start, count: count)
        guard count >= 5, let coder = try? Coders.named(name) else { return -1 }
        let dtype = DType.allCases[(Int(input[0]) + DType.allCases.count - 1) % DType.allCases.count]
        let columns = Int(input[1]) | Int(input[2]) << 8
        let rawByteCount = (Int(input[3]) | Int(input[4]) << 8) % limit
        let context = BlockContext(dtype, columns: columns, firstElement: 0)
        let block = UnsafeRawBufferPointer(rebasing: input[5...])
        let top = hasKernels ? bantam_simd_level() : 0
        return Harness.check {
            let result = sameAtLevels(below: top) { decoded(block, by: coder, context, rawByteCount) }
            let raw = raw(from: block, whole: max(1, dtype.bitWidth / 8), rawByteCount)
            let coded = try sameAtLevels(below: top) {
                try raw.withUnsafeBytes { try coder.encode($0, context) }
            }
            if let coded {
                guard coded.count < raw.count else {
                    fatalError("expected fewer than \(raw.count) bytes, found \(coded.count)")
                }
                let back = sameAtLevels(below: top) {
                    coded.withUnsafeBytes { decoded($0, by: coder, context, raw.count) }
                }
                guard back == .bytes(raw) else {
                    fatalError("expected \(raw.count) bytes of \(dtype) back, found \(back)")
                }
            }
            if case .refused(let error) = result { throw error }
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

    /// The one result of `work` at the processor's own level of the kernels and at those below `top`.
    private static func sameAtLevels<Value: Equatable>(
        below top: Int32, _ work: () throws -> Value
    ) rethrows -> Value {
        let result = try work()
        for level in 0..<top {
            let before = bantam_cap_simd_level_for_tests(level)
            defer { bantam_cap_simd_level_for_tests(before) }
            guard try work() == result else {
                fatalError("expected one result, found another at level \(level)")
            }
        }
        return result
    }
}
