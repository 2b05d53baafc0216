// Files may hold elements column by column or with the highest byte first; tensors are row-major and
// little-endian. What already lies as a tensor wants it stays mapped, the rest is converted once.

import BantamTensors

/// How the elements of one tensor lie in a file.
struct ElementOrder: Sendable, Hashable {
    /// The element type.
    var dtype: DType
    /// The shape.
    var shape: Shape
    /// Which byte of a number comes first.
    var byteOrder = ByteOrder.little
    /// Whether the first axis runs fastest instead of the last.
    var isFortranOrder = false

    /// Bytes of the numbers that a byte order turns: half an element for complex types.
    private var numberByteCount: Int {
        switch dtype {
        case .complex64, .complex128: dtype.bitWidth / 16
        default: dtype.bitWidth / 8
        }
    }

    private var isSwapped: Bool { byteOrder == .big && numberByteCount > 1 }

    /// The axes that order can matter to; of a matrix with one row or column none is left to transpose.
    private var isTransposed: Bool { isFortranOrder && shape.axes.count { $0 != 1 } > 1 }

    /// Whether the bytes of the file are those of the tensor.
    private var isInPlace: Bool { !isSwapped && !isTransposed }

    /// The tensor in a slice of a mapped file: in place if it can be, else converted.
    ///
    /// - Complexity: O(1) in place, O(bytes) else.
    func tensor(in file: MappedFile, _ range: Range<Int>) -> Tensor {
        tensor(of: Storage(file, range, alignment: isInPlace ? dtype.alignment : 1))
    }

    /// The tensor of bytes in memory, which are aligned to the element.
    func tensor(of source: Storage) -> Tensor {
        if isInPlace { return Tensor(dtype, shape, source) }
        defer { withExtendedLifetime(source) {} }
        let converted = Storage(byteCount: source.bytes.count) { target in
            guard let from = source.bytes.baseAddress, let to = target.baseAddress else { return }
            if isTransposed { transpose(from, to) }
            if isSwapped { swapBytes(isTransposed ? UnsafeRawPointer(to) : from, to, target.count) }
        }
        return Tensor(dtype, shape, converted)
    }

    private func swapBytes(_ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ byteCount: Int) {
        switch numberByteCount {
        case 2: swapBytesOf(UInt16.self, source, target, byteCount)
        case 4: swapBytesOf(UInt32.self, source, target, byteCount)
        default: swapBytesOf(UInt64.self, source, target, byteCount)
        }
    }

    private func transpose(_ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer) {
        let axes = shape.axes.filter { $0 != 1 }
        switch dtype.bitWidth {
        case 8: fortranToRowMajor(UInt8.self, axes, source, target)
        case 16: fortranToRowMajor(UInt16.self, axes, source, target)
        case 32: fortranToRowMajor(UInt32.self, axes, source, target)
        case 64: fortranToRowMajor(UInt64.self, axes, source, target)
        default: fortranToRowMajor(SIMD2<UInt64>.self, axes, source, target)
        }
    }
}

/// Turns every number of `source` around; `source` and `target` may be the same.
private func swapBytesOf<Number: FixedWidthInteger & BitwiseCopyable>(
    _ type: Number.Type, _ source: UnsafeRawPointer, _ target: UnsafeMutableRawPointer, _ byteCount: Int
) {
    let size = MemoryLayout<Number>.size
    let result = target.bindMemory(to: Number.self, capacity: byteCount / size)
    for index in 0..<byteCount / size {
        result[index] = source.loadUnaligned(fromByteOffset: index * size, as: Number.self).byteSwapped
    }
}
