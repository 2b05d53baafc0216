import BantamTensors

/// Elements seen as nothing but their bits.
///
/// Sparse formats leave out elements whose bits are all zero and keep every other one as it is, so −0.0 and
/// NaN survive, and one implementation by width serves every dtype.
protocol BitPattern: BitwiseCopyable, Sendable, Equatable {
    static var zero: Self { get }
}

extension UInt8: BitPattern {}
extension UInt16: BitPattern {}
extension UInt32: BitPattern {}
extension UInt64: BitPattern {}

/// The bits of a complex128, which is aligned to eight bytes only.
struct TwoWords: BitPattern {
    var low: UInt64 = 0
    var high: UInt64 = 0
    static var zero: TwoWords { TwoWords() }
}

extension DType {
    /// The type that holds an element's bits.
    ///
    /// - Throws: ``BantamError`` of kind `compatibility` for elements that do not fill whole bytes.
    func bitPattern() throws -> any BitPattern.Type {
        switch bitWidth {
        case 8: UInt8.self
        case 16: UInt16.self
        case 32: UInt32.self
        case 64: UInt64.self
        case 128: TwoWords.self
        default:
            throw BantamError(
                .compatibility, "expected elements of whole bytes for a sparse form, found \(rawValue)")
        }
    }

    /// The unsigned integer this dtype is, `nil` if it is none.
    var unsignedInteger: (any Index.Type)? {
        switch self {
        case .uint8: UInt8.self
        case .uint16: UInt16.self
        case .uint32: UInt32.self
        case .uint64: UInt64.self
        default: nil
        }
    }

    /// The narrowest unsigned integer that can hold `largest`.
    static func smallestUnsigned(holding largest: Int) -> DType {
        switch largest {
        case ...0xff: .uint8
        case ...0xffff: .uint16
        case ...0xffff_ffff: .uint32
        default: .uint64
        }
    }
}

/// The type of an index array's elements.
typealias Index = FixedWidthInteger & UnsignedInteger & BitwiseCopyable & Sendable
