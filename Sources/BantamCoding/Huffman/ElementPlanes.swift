// Why: one byte of a float holds part of its exponent and its sign; moved by a bit, it holds the exponent alone.

import BantamTensors

/// How the elements of a dtype are split into planes of bytes of equal significance, and put together.
struct ElementPlanes {
    /// The bytes of an element, which are the planes; of complex numbers those of a part.
    let width: Int
    /// Whether the top bit of an element goes to its bottom, and the others move up by one.
    let rotates: Bool

    init(_ dtype: DType) {
        width = dtype.alignment
        rotates = [.float64, .float32, .float16, .bfloat16, .complex128, .complex64].contains(dtype)
    }

    /// Writes byte 0 of all elements, then byte 1 of all, and so on. `block` is whole elements.
    func split(_ block: UnsafeRawBufferPointer, into planes: UnsafeMutableRawBufferPointer) {
        guard rotates else { return splitBytePlanes(block, width: width, into: planes) }
        withUnsafeTemporaryAllocation(byteCount: block.count, alignment: 16) { rotated in
            rotated.copyMemory(from: block)
            rotate(rotated, by: 1)
            splitBytePlanes(UnsafeRawBufferPointer(rotated), width: width, into: planes)
        }
    }

    /// Undoes ``split(_:into:)``.
    func join(_ planes: UnsafeRawBufferPointer, into block: UnsafeMutableRawBufferPointer) {
        joinBytePlanes(planes, width: width, into: block)
        if rotates { rotate(block, by: 8 * width - 1) }
    }

    private func rotate(_ block: UnsafeMutableRawBufferPointer, by count: Int) {
        switch width {
        case 2: rotate(block, as: UInt16.self, by: count)
        case 4: rotate(block, as: UInt32.self, by: count)
        default: rotate(block, as: UInt64.self, by: count)
        }
    }

    @inline(__always)
    private func rotate<Element: FixedWidthInteger & BitwiseCopyable>(
        _ block: UnsafeMutableRawBufferPointer, as type: Element.Type, by count: Int
    ) {
        guard let start = block.baseAddress else { return }
        let up = Element(truncatingIfNeeded: count)
        let down = Element(truncatingIfNeeded: Element.bitWidth - count)
        for offset in stride(from: 0, to: block.count, by: MemoryLayout<Element>.size) {
            let element = start.loadUnaligned(fromByteOffset: offset, as: Element.self)
            start.storeBytes(of: element &<< up | element &>> down, toByteOffset: offset, as: Element.self)
        }
    }
}
