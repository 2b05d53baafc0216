// Why: what theory says of a tensor's elements, so that what a file uses can be judged by more than other files.

import BantamTensors
import Glibc

/// Entropies of order 0 of elements of one dtype: what an ideal coder needs that looks at one element at a time
/// and knows how often each value occurs; the table of frequencies is not counted.
///
/// - Elements of 8 and 16 bits are symbols as they are.
/// - Wider ones too, if there are at most 2²⁰ different ones and each occurs twice on average. Where most occur once
///   their frequencies would say no more than how many there are; then the bound of ``Basis/bytePlanes`` stands for
///   the entropy.
/// - A complex number is two floats.
/// - Elements of 4 and 6 bits count by the bytes they are packed in.
///
/// A coder that sees more than single elements (rows and columns of a matrix, the order of indices) can come
/// below.
///
/// Source: C. Shannon, "A Mathematical Theory of Communication", 1948.
public struct ElementEntropy: Sendable {
    /// What a figure is.
    public enum Basis: String, Sendable {
        /// The entropy of order 0 itself.
        case order0 = "order-0"
        /// An upper bound of it: of wide floats that of the upper 16 bits (sign, exponent, highest mantissa bits), and
        /// the bits below in full, being noise, but for those lowest ones that are zero in every element; of
        /// wide integers the sum over the bytes.
        case bytePlanes = "byte planes"
    }

    /// What is counted.
    public let dtype: DType
    private let symbols: Symbols
    /// How often each symbol occurs; of wider integers a table for each byte, the lowest first.
    private var counts: [Int]
    /// How often each value of a wide type occurs; `nil` for the others.
    private var values: ValueCounts?
    /// The bits below the symbols that are set in any element.
    private var lowBits: UInt64 = 0

    private enum Symbols {
        /// Every byte of elements of so many bytes.
        case bytes(Int)
        /// The upper 16 bits of numbers of so many bytes.
        case upper16(Int)

        /// The bits of what is counted: of a complex number one of its two.
        var bitWidth: Int {
            switch self {
            case .bytes(let width), .upper16(let width): 8 * width
            }
        }
    }

    /// The entropies of no elements yet.
    public init(_ dtype: DType) {
        self.dtype = dtype
        switch dtype {
        case .float16, .bfloat16, .int16, .uint16: symbols = .upper16(2)
        case .float32, .complex64: symbols = .upper16(4)
        case .float64, .complex128: symbols = .upper16(8)
        default: symbols = .bytes(max(1, dtype.bitWidth / 8))
        }
        switch symbols {
        case .bytes(let width):
            counts = [Int](repeating: 0, count: width << 8)
            if width > 1 { values = ValueCounts() }
        case .upper16(let width):
            counts = [Int](repeating: 0, count: 1 << 16)
            if width > 2 { values = ValueCounts() }
        }
    }

    /// The entropies of a tensor's elements.
    public init(_ tensor: Tensor) {
        self.init(tensor.dtype)
        add(tensor)
    }

    /// Counts the elements of a tensor of this dtype.
    ///
    /// - Complexity: O(elements).
    public mutating func add(_ tensor: Tensor) {
        precondition(tensor.dtype == dtype)
        var seen = lowBits
        counts.withUnsafeMutableBufferPointer { counts in
            tensor.storage.forEachPiece { piece in
                switch symbols {
                case .bytes(let width): Self.count(bytesOf: piece, width, counts)
                case .upper16(2): seen |= Self.count(UInt16.self, in: piece, counts)
                case .upper16(4): seen |= Self.count(UInt32.self, in: piece, counts)
                case .upper16: seen |= Self.count(UInt64.self, in: piece, counts)
                }
            }
        }
        lowBits = seen
        tensor.storage.forEachPiece { piece in
            switch symbols {
            case .bytes(4), .upper16(4): values?.add(piece.bindMemory(to: UInt32.self))
            default: values?.add(piece.bindMemory(to: UInt64.self))
            }
        }
    }

    /// What ``value`` is.
    public var basis: Basis {
        guard let values else { return .order0 }
        return values.isComplete && 2 * values.distinctCount <= max(values.total, 2) ? .order0 : .bytePlanes
    }

    /// Bits per element, of order 0 or a bound as ``basis`` says; 0 if there are none.
    public var value: Double { basis == .order0 ? orderZero ?? planes : planes }

    /// Bits per element of order 0, even where hardly a value occurs twice; `nil` if there are more than 2²⁰
    /// different ones of a wide type.
    public var orderZero: Double? {
        guard let values else { return planes }
        return values.entropy.map { $0 * Double(dtype.bitWidth / symbols.bitWidth) }
    }

    /// Bits per element by the symbols.
    private var planes: Double {
        switch symbols {
        case .bytes(let width):
            let sum = (0..<width).reduce(0.0) { $0 + Self.entropy(of: counts[$1 << 8..<($1 + 1) << 8]) }
            return sum * Double(dtype.bitWidth) / Double(8 * width)
        case .upper16(let width):
            let low = lowBits == 0 ? 0 : 8 * width - 16 - lowBits.trailingZeroBitCount
            return (Self.entropy(of: counts[...]) + Double(low)) * Double(dtype.bitWidth / (8 * width))
        }
    }

    /// Bits of an element's exponent, without its sign; `nil` if the elements have none. Of complex numbers,
    /// that of one of the two floats.
    public var exponent: Double? {
        guard let (shift, mask) = exponentField else { return nil }
        var exponents = [Int](repeating: 0, count: mask + 1)
        for (symbol, count) in counts.enumerated() where count > 0 {
            exponents[symbol >> shift & mask] += count
        }
        return Self.entropy(of: exponents[...])
    }

    /// Where the exponent is in a symbol.
    private var exponentField: (shift: Int, mask: Int)? {
        switch dtype {
        case .bfloat16, .float32, .complex64: (7, 0xff)
        case .float16: (10, 0x1f)
        case .float64, .complex128: (4, 0x7ff)
        case .float8E4M3, .float8E4M3FNUZ: (3, 0xf)
        case .float8E5M2, .float8E5M2FNUZ: (2, 0x1f)
        case .float8E8M0: (0, 0xff)
        default: nil
        }
    }

    /// Counts upper halves; the bits below them that are set anywhere.
    private static func count<Word: FixedWidthInteger & UnsignedInteger & BitwiseCopyable>(
        _ type: Word.Type, in piece: UnsafeRawBufferPointer, _ counts: UnsafeMutableBufferPointer<Int>
    ) -> UInt64 {
        let shift = Word(Word.bitWidth - 16)
        var seen: Word = 0
        for word in piece.bindMemory(to: Word.self) {
            counts[Int(truncatingIfNeeded: word &>> shift)] &+= 1
            seen |= word
        }
        return UInt64(seen & ((1 << shift) - 1))
    }

    private static func count(
        bytesOf piece: UnsafeRawBufferPointer, _ width: Int, _ counts: UnsafeMutableBufferPointer<Int>
    ) {
        for plane in 0..<width {
            for offset in stride(from: plane, to: piece.count, by: width) {
                counts[plane << 8 | Int(piece[offset])] &+= 1
            }
        }
    }

    /// −Σ p log₂ p over the counts.
    private static func entropy(of counts: ArraySlice<Int>) -> Double {
        let total = Double(counts.reduce(0, +))
        return counts.reduce(0.0) { sum, count in
            guard count > 0 else { return sum }
            let share = Double(count) / total
            return sum - share * log2(share)
        }
    }
}
