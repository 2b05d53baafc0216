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
    /// Passes if elements fill whole bytes.
    ///
    /// - Throws: ``BantamError`` of kind `compatibility` for sub-byte elements.
    func checkWholeBytes() throws {
        guard bitWidth >= 8 else {
            throw BantamError(
                .compatibility, "expected elements of whole bytes for a sparse form, found \(rawValue)")
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

/// Work to do on an index array once the type of its elements is known.
///
/// A switch over concrete types, and not an opened existential, lets the compiler specialize the loops.
protocol IndexVisitor {
    associatedtype Result
    func visit<Number: Index>(_ indices: UnsafeBufferPointer<Number>) throws -> Result
}

extension Tensor {
    /// What `visitor` makes of this index array.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` if its elements are no unsigned integers.
    func visitIndices<Visitor: IndexVisitor>(_ visitor: Visitor) throws -> Visitor.Result {
        switch dtype {
        case .uint8: try withElements(as: UInt8.self, visitor.visit)
        case .uint16: try withElements(as: UInt16.self, visitor.visit)
        case .uint32: try withElements(as: UInt32.self, visitor.visit)
        case .uint64: try withElements(as: UInt64.self, visitor.visit)
        default: throw BantamError(.corruption, "expected unsigned integers, found \(dtype.rawValue)")
        }
    }

    /// The elements of an unsigned index array.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` if it is none, or a number is beyond `Int`.
    func integers() throws -> [Int] { try visitIndices(Widening()) }
}

private struct Widening: IndexVisitor {
    func visit<Number: Index>(_ indices: UnsafeBufferPointer<Number>) throws -> [Int] {
        if let largest = indices.max(), Int(exactly: largest) == nil {
            throw BantamError(.corruption, "expected an index below 2⁶³, found \(largest)")
        }
        return indices.map { Int(truncatingIfNeeded: $0) }
    }
}
