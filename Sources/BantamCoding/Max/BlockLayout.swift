// Why: the way from bytes to the elements that a model codes, and back, is the same for every model.

import BantamTensors

/// How a block is cut into elements.
struct BlockLayout {
    /// The numbers the elements are, if they are numbers.
    let format: NumberFormat?
    /// Bytes of an element: 1, 2, 4 or 8.
    let width: Int
    /// Elements of a row, 0 if unknown, and the index of the first one in the array; in this layout's elements.
    let columns: Int
    let first: Int
    /// Whole elements in the block, and the bytes after them.
    let count: Int
    let tail: Int

    init(_ context: BlockContext, byteCount: Int) {
        let dtype = context.dtype
        format = NumberFormat(dtype)
        let width = (format?.width ?? 8) / 8
        self.width = width
        func scaled(_ elements: Int) -> Int? {
            let (bits, overflow) = elements.multipliedReportingOverflow(by: dtype.bitWidth)
            return overflow || elements < 0 || bits % (8 * width) != 0 ? nil : bits / (8 * width)
        }
        let columns = scaled(context.columns)
        let first = scaled(context.firstElement)
        self.columns = first == nil ? 0 : columns ?? 0
        self.first = first ?? 0
        count = byteCount / width
        tail = byteCount % width
    }

    /// Codes all elements, from `source` if encoding, into `target` if decoding.
    func code<Coder: BinaryCoder>(
        _ method: BlockMethod, _ form: MaxForm, from source: UnsafeRawBufferPointer?,
        into target: UnsafeMutableRawBufferPointer?,
        with coder: inout Coder
    ) {
        switch method {
        case .numbers(let survey):
            guard let format else { return }
            var model = NumberModel(form, format, columns: columns, first: first, count: count, survey)
            transfer(source, target, with: &coder) { model.code($0, with: &$1) }
        case .differences(let survey):
            let format = NumberFormat(integerOf: width * 8, isSigned: true)
            var model = NumberModel(form, format, columns: 0, first: 0, count: count, survey)
            var last: UInt64 = 0
            transfer(source, target, with: &coder) {
                last = last &+ model.code(format.wrapped($0 &- last), with: &$1)
                return last
            }
        case .bytes:
            var model = ByteModel(form, width: width, columns: columns, count: count)
            transfer(source, target, with: &coder) { model.code($0, with: &$1) }
        case .bits:
            var model = BitModel(form, columns: columns, first: first, count: count)
            transfer(source, target, with: &coder) { model.code($0, with: &$1) }
        }
        for index in count * width..<count * width + tail {
            let byte = coder.codeRaw(UInt64(source?[index] ?? 0), count: 8)
            target?[index] = UInt8(truncatingIfNeeded: byte)
        }
    }

    @inline(__always)
    private func transfer<Coder: BinaryCoder>(
        _ source: UnsafeRawBufferPointer?, _ target: UnsafeMutableRawBufferPointer?, with coder: inout Coder,
        _ code: (UInt64, inout Coder) -> UInt64
    ) {
        for index in 0..<count {
            let element = code(source.map { load($0, index) } ?? 0, &coder)
            if let target { store(element, target, index) }
        }
    }

    /// An element, little-endian.
    @inline(__always)
    func load(_ bytes: UnsafeRawBufferPointer, _ index: Int) -> UInt64 {
        let offset = index &* width
        switch width {
        case 1: return UInt64(bytes[offset])
        case 2:
            return UInt64(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self)))
        case 4:
            return UInt64(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        default: return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
    }

    @inline(__always)
    private func store(_ element: UInt64, _ bytes: UnsafeMutableRawBufferPointer, _ index: Int) {
        let offset = index &* width
        switch width {
        case 1: bytes[offset] = UInt8(truncatingIfNeeded: element)
        case 2:
            bytes.storeBytes(
                of: UInt16(truncatingIfNeeded: element).littleEndian, toByteOffset: offset, as: UInt16.self)
        case 4:
            bytes.storeBytes(
                of: UInt32(truncatingIfNeeded: element).littleEndian, toByteOffset: offset, as: UInt32.self)
        default: bytes.storeBytes(of: element.littleEndian, toByteOffset: offset, as: UInt64.self)
        }
    }
}
