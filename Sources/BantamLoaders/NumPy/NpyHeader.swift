// What stands before the data of an npy file, by the format description in NumPy's
// `numpy.lib.format` (R. Kern and others, "NEP 1: A simple file format for NumPy arrays", 2007).

import BantamTensors

/// The header of one array.
struct NpyHeader: Sendable, Equatable {
    /// Dtype, shape, and how the elements lie.
    var elements: ElementOrder
    /// Where the data begins, in bytes from the magic.
    var dataOffset: Int

    /// The bytes every file begins with.
    static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
    /// The longest beginning that says how long the header is: magic, version, 32-bit length.
    static let longestPrefix = 12
    /// A longer header is refused before it is read; a header of NumPy's own has under 2 KB.
    static let maximumByteCount = 1 << 20

    /// Bytes of the data.
    var dataByteCount: Int { elements.shape.elementCount * elements.dtype.bitWidth / 8 }

    /// Bytes of header and data; `nil` if there are more than can be counted.
    var byteCount: Int? {
        let (sum, overflow) = dataOffset.addingReportingOverflow(dataByteCount)
        return overflow ? nil : sum
    }

    /// Parses the header at the front of `bytes`.
    ///
    /// - Throws: ``BantamError`` of kind `corruption`, `compatibility` or `insufficientData`.
    init(parsing bytes: UnsafeRawBufferPointer) throws {
        let (version, text) = try NpyHeader.textRange(bytes)
        guard text.upperBound <= bytes.count else {
            throw BantamError(
                .insufficientData,
                "expected \(text.count) bytes of npy header, found \(bytes.count - text.lowerBound)")
        }
        let header = UnsafeRawBufferPointer(rebasing: bytes[text])
        guard version < 3 || String(validating: header, as: UTF8.self) != nil else {
            throw BantamError(.corruption, "npy header: expected UTF-8 in version 3.0, found other bytes")
        }
        let fields = try NpyDictionaryParser.parse(header, allowsLongSuffix: version < 3)
        let descriptor = try NpyDescriptor(parsing: fields.descriptor)
        guard let shape = Shape(checking: fields.axes) else {
            throw BantamError(.corruption, "npy header: the shape has more elements than can be counted")
        }
        elements = ElementOrder(
            dtype: descriptor.dtype, shape: shape, byteOrder: descriptor.byteOrder,
            isFortranOrder: fields.isFortranOrder)
        dataOffset = text.upperBound
    }

    /// Bytes before the data, known from the first ``longestPrefix`` bytes alone.
    static func byteCount(fromPrefix bytes: UnsafeRawBufferPointer) throws -> Int {
        try textRange(bytes).text.upperBound
    }

    /// Throws unless exactly header and data make up `count` bytes.
    func check(byteCount count: Int) throws {
        guard let byteCount, byteCount <= count else {
            throw BantamError(
                .insufficientData,
                "expected \(dataByteCount) bytes of data (\(elements.dtype.rawValue) \(elements.shape)), "
                    + "found \(max(0, count - dataOffset))")
        }
        guard byteCount == count else {
            throw BantamError(
                .corruption,
                "expected \(dataByteCount) bytes of data (\(elements.dtype.rawValue) \(elements.shape)), "
                    + "found \(count - byteCount) more after them")
        }
    }

    private static func textRange(
        _ bytes: UnsafeRawBufferPointer
    ) throws -> (version: UInt8, text: Range<Int>) {
        let start = bytes.prefix(magic.count)
        guard start.elementsEqual(magic.prefix(start.count)) else {
            throw BantamError(.corruption, "expected the npy magic \\x93NUMPY, found other bytes")
        }
        var reader = try ByteReader(bytes, at: start.count, what: "the npy header")
        guard start.count == magic.count else {
            throw BantamError(.insufficientData, "expected the npy magic, found \(start.count) bytes")
        }
        let major = try reader.next(as: UInt8.self)
        let minor = try reader.next(as: UInt8.self)
        guard (1...3).contains(major), minor == 0 else {
            throw BantamError(
                .compatibility, "expected npy version 1.0, 2.0 or 3.0, found \(major).\(minor)")
        }
        let length =
            major == 1 ? Int(try reader.next(as: UInt16.self)) : Int(try reader.next(as: UInt32.self))
        guard length <= maximumByteCount else {
            throw BantamError(
                .corruption, "expected an npy header of at most \(maximumByteCount) bytes, found \(length)")
        }
        return (major, reader.offset..<reader.offset + length)
    }
}
