// Why: a byte-wise coder finds little in raw floats and rising indices. Rearranged without loss, the same
// bytes put like beside like.

import BantamTensors

/// How the bytes of a block stand before they are coded. Both steps can be undone exactly.
public struct Arrangement: Sendable, Hashable {
    /// Each element is replaced by its difference from the one before it in the block, modulo its width; the
    /// first one from zero. For integers that rise.
    public var differences: Bool
    /// Byte 0 of all elements, then byte 1 of all, and so on, so that exponents stand beside exponents.
    public var bytePlanes: Bool

    /// The bytes as they are.
    public static let plain = Arrangement(differences: false, bytePlanes: false)

    /// An arrangement of up to two steps, differences first.
    public init(differences: Bool, bytePlanes: Bool) {
        self.differences = differences
        self.bytePlanes = bytePlanes
    }

    /// The arrangements that can help arrays of `dtype`: byte planes for numbers of several bytes,
    /// differences for integers, which positions are made of; signed ones of several bytes only, because int8 is weights.
    public static func candidates(for dtype: DType) -> [Arrangement] {
        let planes = dtype.alignment > 1
        var candidates = [Arrangement.plain]
        if planes { candidates.append(Arrangement(differences: false, bytePlanes: true)) }
        if [DType.uint8, .uint16, .uint32, .uint64, .int16, .int32, .int64].contains(dtype) {
            candidates.append(Arrangement(differences: true, bytePlanes: planes))
        }
        return candidates
    }

    /// Writes `block` rearranged to `result`, which is as long. `width` is the bytes of an element.
    func apply(to block: UnsafeRawBufferPointer, width: Int, into result: UnsafeMutableRawBufferPointer) {
        guard differences else {
            if bytePlanes {
                splitBytePlanes(block, width: width, into: result)
            } else {
                result.copyMemory(from: block)
            }
            return
        }
        guard bytePlanes else { return takeDifferences(of: block, width: width, into: result) }
        withUnsafeTemporaryAllocation(byteCount: block.count, alignment: 16) { scratch in
            takeDifferences(of: block, width: width, into: scratch)
            splitBytePlanes(UnsafeRawBufferPointer(scratch), width: width, into: result)
        }
    }

    /// Undoes ``apply(to:width:into:)``.
    func undo(_ block: UnsafeRawBufferPointer, width: Int, into result: UnsafeMutableRawBufferPointer) {
        if bytePlanes {
            joinBytePlanes(block, width: width, into: result)
        } else {
            result.copyMemory(from: block)
        }
        if differences { sumDifferences(in: result, width: width) }
    }
}
