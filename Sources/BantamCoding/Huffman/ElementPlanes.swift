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

    /// Writes byte 0 of all elements, then byte 1 of all, and so on.
    func split(_ block: UnsafeRawBufferPointer, into planes: UnsafeMutableRawBufferPointer) {
        splitBytePlanes(block, width: width, rotates: rotates, into: planes)
    }

    /// Undoes ``split(_:into:)``.
    func join(_ planes: UnsafeRawBufferPointer, into block: UnsafeMutableRawBufferPointer) {
        joinBytePlanes(planes, width: width, rotates: rotates, into: block)
    }
}
