import BantamTensors

/// Codes of 1 to 7 bits one after another in a stream of bits, and back to a byte each.
///
/// Code i takes the bits i·b … i·b + b − 1 of the stream, counted from the least significant bit of the first byte;
/// bits after the last code are 0. Signed codes stand in two's complement. With NumPy:
///
/// ```python
/// bits = np.unpackbits(data, count=n * b, bitorder="little").reshape(n, b)
/// codes = bits @ (1 << np.arange(b)) - (bits[:, -1] << b if signed else 0)
/// ```
public struct PackedCodes: Sendable, Hashable {
    /// Bits of a code, 1 to 7.
    public let bits: Int
    /// Whether codes are two's complement (`int8` when unpacked) or counts from 0 (`uint8`).
    public let isSigned: Bool

    /// The layout of codes; `nil` for a width outside 1…7.
    public init?(bits: Int, isSigned: Bool) {
        guard 1...7 ~= bits else { return nil }
        self.bits = bits
        self.isSigned = isSigned
    }

    /// The dtype of unpacked codes.
    public var dtype: DType { isSigned ? .int8 : .uint8 }

    /// The bytes that `count` codes take.
    public func byteCount(_ count: Int) -> Int {
        // Divided first, so that no count of a file overflows.
        count / 8 * bits + (count % 8 * bits + 7) / 8
    }

    /// The codes of an `int8` or `uint8` tensor packed: `uint8` `[bytes]`.
    ///
    /// - Complexity: O(codes), eight at a time.
    public func packed(_ codes: Tensor) -> Tensor {
        precondition(codes.dtype == dtype)
        return codes.withElements(as: UInt8.self) { source in
            Tensor(.uint8, [byteCount(source.count)], as: UInt8.self) { pack(source, into: $0) }
        }
    }

    /// `count` codes from `data`, `int8` or `uint8` `[count]`.
    ///
    /// - Complexity: O(codes), eight at a time.
    /// - Throws: ``BantamError`` of kind `corruption` if there are other than so many bytes, or bits after the last
    ///   code that are not 0.
    public func unpacked(_ data: Tensor, count: Int) throws -> Tensor {
        guard data.byteCount == byteCount(count) else {
            throw BantamError(
                .corruption,
                "expected \(byteCount(count)) bytes of \(count) packed codes of \(bits) bits, found \(data.byteCount)"
            )
        }
        let used = count % 8 * bits % 8
        let last = data.storage.bytes.last ?? 0
        guard used == 0 || last >> UInt8(used) == 0 else {
            throw BantamError(.corruption, "expected zero bits after the last packed code, found \(last)")
        }
        return withExtendedLifetime(data) {
            Tensor(dtype, [count], as: UInt8.self) { unpack(data.storage.bytes, into: $0) }
        }
    }

    private func pack(_ source: UnsafeBufferPointer<UInt8>, into result: UnsafeMutableBufferPointer<UInt8>) {
        let folding = Folding(bits)
        let target = UnsafeMutableRawPointer(result.baseAddress)
        let whole = source.count / 8
        for block in 0..<whole {
            let word = folding.folded(
                UnsafeRawPointer(source.baseAddress! + 8 * block).loadUnaligned(as: UInt64.self).littleEndian)
            let place = target! + block * bits
            if block * bits + 8 <= result.count {
                // The bytes behind are written again by the next block.
                place.storeBytes(of: word.littleEndian, as: UInt64.self)
            } else {
                write(word, bits, to: place)
            }
        }
        guard source.count % 8 > 0 else { return }
        var rest: UInt64 = 0
        for index in whole * 8..<source.count { rest |= UInt64(source[index]) << UInt64(8 * (index % 8)) }
        write(folding.folded(rest), result.count - whole * bits, to: target! + whole * bits)
    }

    private func unpack(_ source: UnsafeRawBufferPointer, into result: UnsafeMutableBufferPointer<UInt8>) {
        let folding = Folding(bits)
        let isSigned = isSigned
        let whole = result.count / 8
        let direct = source.count < 8 ? 0 : min(whole, (source.count - 8) / bits + 1)
        for block in 0..<direct {
            let word = source.loadUnaligned(fromByteOffset: block * bits, as: UInt64.self).littleEndian
            let codes = folding.unfolded(word, isSigned: isSigned)
            UnsafeMutableRawPointer(result.baseAddress! + 8 * block).storeBytes(
                of: codes.littleEndian, as: UInt64.self)
        }
        for block in direct..<(result.count + 7) / 8 {
            var word: UInt64 = 0
            for byte in 0..<min(bits, source.count - block * bits) {
                word |= UInt64(source[block * bits + byte]) << UInt64(8 * byte)
            }
            let codes = folding.unfolded(word, isSigned: isSigned)
            write(codes, min(8, result.count - 8 * block), to: result.baseAddress! + 8 * block)
        }
    }

    private func write(_ word: UInt64, _ count: Int, to place: UnsafeMutableRawPointer) {
        for byte in 0..<count {
            place.storeBytes(
                of: UInt8(truncatingIfNeeded: word >> UInt64(8 * byte)), toByteOffset: byte, as: UInt8.self)
        }
    }
}

/// Eight codes of a byte each folded into eight times `bits` bits, in three steps that halve their number.
private struct Folding {
    let bits: UInt64
    let ones: UInt64
    let pairs: UInt64
    let fours: UInt64

    init(_ bits: Int) {
        self.bits = UInt64(bits)
        ones = (1 << self.bits - 1) &* 0x0001_0001_0001_0001
        pairs = (1 << (2 * self.bits) - 1) &* 0x0000_0001_0000_0001
        fours = 1 << (4 * self.bits) - 1
    }

    func folded(_ codes: UInt64) -> UInt64 {
        var word = codes & ones | (codes >> 8 & ones) << bits
        word = word & pairs | (word >> 16 & pairs) << (2 * bits)
        return word & fours | (word >> 32 & fours) << (4 * bits)
    }

    func unfolded(_ packed: UInt64, isSigned: Bool) -> UInt64 {
        var word = packed & fours | (packed >> (4 * bits) & fours) << 32
        word = word & pairs | (word >> (2 * bits) & pairs) << 16
        word = word & ones | (word >> bits & ones) << 8
        guard isSigned else { return word }
        // Flipping the sign bit and taking it off again extends it; the top bit keeps bytes from borrowing.
        let sign: UInt64 = 0x0101_0101_0101_0101 << (bits - 1)
        let top: UInt64 = 0x8080_8080_8080_8080
        return (((word ^ sign) | top) &- sign) ^ top
    }
}
