// How the evaluator reads a tensor of any numeric dtype: in blocks that fit a cache, as float or double.

import BantamTensors
import CBantamKernels

/// The elements of a tensor in blocks of a fixed length, widened without loss where `Real` allows it.
///
/// The blocks depend on the number of elements alone: sums per block, added in order, are the same bits for
/// any number of threads.
struct ElementBlocks: Sendable {
    /// Elements per block: two blocks of doubles fit a level-two cache.
    static let length = 1 << 14

    /// What is read; its dtype is numeric.
    let tensor: Tensor

    /// The number of blocks of `count` elements.
    static func count(of count: Int) -> Int { (count + length - 1) / length }

    /// The elements of one block.
    static func range(_ block: Int, of count: Int) -> Range<Int> {
        block * length..<min((block + 1) * length, count)
    }

    /// Lets go of the pages of a mapped file under some blocks that have been read.
    func letGo(ofBlocks blocks: Range<Int>) {
        guard tensor.dtype.bitWidth % 8 == 0 else { return }
        let width = tensor.dtype.bitWidth / 8
        let elements =
            blocks.lowerBound
            * ElementBlocks.length..<min(
                blocks.upperBound * ElementBlocks.length, tensor.elementCount)
        tensor.storage.letGo(
            of: UnsafeRawBufferPointer(
                rebasing: tensor.storage.bytes[elements.lowerBound * width..<elements.upperBound * width]))
    }

    /// Whether every value of `dtype` is a `Float`.
    static func fitsFloat(_ dtype: DType) -> Bool {
        switch dtype {
        case .float32, .float16, .bfloat16, .float8E4M3, .float8E5M2, .int16, .int8, .uint16, .uint8, .bool:
            true
        default: false
        }
    }

    /// Calls `body` with the elements of a block: in place if they are `Real` already.
    ///
    /// Exact, but for 64-bit integers beyond 2⁵³, which are rounded, and for `Float` where
    /// ``fitsFloat(_:)`` says no.
    func withBlock<Real: BinaryFloatingPoint & BitwiseCopyable, Result>(
        _ block: Int, as type: Real.Type, _ body: (UnsafeBufferPointer<Real>) throws -> Result
    ) throws -> Result {
        let range = ElementBlocks.range(block, of: tensor.elementCount)
        if tensor.dtype.bitWidth == MemoryLayout<Real>.size * 8, tensor.dtype.isRealFloat {
            return try tensor.withElements(as: Real.self) {
                try body(UnsafeBufferPointer(rebasing: $0[range]))
            }
        }
        return try withUnsafeTemporaryAllocation(of: Real.self, capacity: range.count) { wide in
            try widen(range, into: wide)
            return try body(UnsafeBufferPointer(wide))
        }
    }

    private func widen<Real: BinaryFloatingPoint & BitwiseCopyable>(
        _ range: Range<Int>, into wide: UnsafeMutableBufferPointer<Real>
    ) throws {
        switch tensor.dtype {
        case .float64: convert(range, into: wide) { (element: Double) in Real(element) }
        case .int64: convert(range, into: wide) { (element: Int64) in Real(element) }
        case .int32: convert(range, into: wide) { (element: Int32) in Real(element) }
        case .int16: convert(range, into: wide) { (element: Int16) in Real(element) }
        case .int8: convert(range, into: wide) { (element: Int8) in Real(element) }
        case .uint64: convert(range, into: wide) { (element: UInt64) in Real(element) }
        case .uint32: convert(range, into: wide) { (element: UInt32) in Real(element) }
        case .uint16: convert(range, into: wide) { (element: UInt16) in Real(element) }
        case .uint8, .bool: convert(range, into: wide) { (element: UInt8) in Real(element) }
        case .float32: convert(range, into: wide) { (element: Float) in Real(element) }
        case .float16: widenHalves(range, into: wide, bantam_float16_to_float32)
        case .bfloat16: widenHalves(range, into: wide, bantam_bfloat16_to_float32)
        case .float8E4M3: convert(range, into: wide) { (code: UInt8) in Real(Float8.e4m3(code)) }
        case .float8E5M2: convert(range, into: wide) { (code: UInt8) in Real(Float8.e5m2(code)) }
        default:
            throw BantamError(
                .compatibility, "expected numbers to compute with, found \(tensor.dtype.rawValue)")
        }
    }

    private func convert<Element: BitwiseCopyable, Real>(
        _ range: Range<Int>, into wide: UnsafeMutableBufferPointer<Real>, _ widened: (Element) -> Real
    ) {
        tensor.withElements(as: Element.self) { elements in
            for index in range {
                wide.initializeElement(at: index - range.lowerBound, to: widened(elements[index]))
            }
        }
    }

    /// The 16-bit floats go through the kernels into floats, and from there to doubles if need be.
    private func widenHalves<Real: BinaryFloatingPoint>(
        _ range: Range<Int>, into wide: UnsafeMutableBufferPointer<Real>,
        _ kernel: (UnsafePointer<UInt16>?, UnsafeMutablePointer<Float>?, Int) -> Void
    ) {
        tensor.withElements(as: UInt16.self) { elements in
            let source = UnsafeBufferPointer(rebasing: elements[range])
            withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count) { floats in
                kernel(source.baseAddress, floats.baseAddress, source.count)
                for index in floats.indices { wide.initializeElement(at: index, to: Real(floats[index])) }
            }
        }
    }
}
