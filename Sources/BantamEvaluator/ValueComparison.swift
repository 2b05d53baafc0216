// One read over a tensor before and after: everything that needs no second look.

import BantamTensors
import CBantamKernels

/// The errors, zeros and range of two tensors of as many elements.
struct ValueComparison: Sendable, Equatable {
    /// The sums that the error figures follow from.
    var error = ReconstructionError()
    /// Elements that are zero, of either sign.
    var originalZeros = 0
    /// The same of the reconstruction.
    var reconstructionZeros = 0
    /// The smallest and the largest finite value of both together; low > high if there is none.
    var low = Double.infinity
    var high = -Double.infinity

    /// Nothing compared yet.
    init() {}

    /// Compares two tensors, which have equally many elements.
    ///
    /// - Complexity: O(elements), one read of both.
    init(original: Tensor, reconstruction: Tensor, workers: Workers) throws {
        guard original.elementCount == reconstruction.elementCount else {
            throw BantamError(
                .invalidArgument,
                "expected \(original.elementCount) elements to compare with, found \(reconstruction.elementCount)"
            )
        }
        guard original.dtype.isNumeric, reconstruction.dtype.isNumeric else {
            self.init(opaque: original, reconstruction)
            return
        }
        let count = original.elementCount
        let before = ElementBlocks(tensor: original)
        let after = ElementBlocks(tensor: reconstruction)
        let exactIntegers = original.dtype == reconstruction.dtype && original.dtype.isInteger
        let floats =
            ElementBlocks.fitsFloat(original.dtype) && ElementBlocks.fitsFloat(reconstruction.dtype)
        // A piece for a thread is many blocks, so that handing it out costs nothing; sums are per block.
        let blocks = ElementBlocks.count(of: count)
        let perPiece = 64
        let pieces = try workers.map((blocks + perPiece - 1) / perPiece) { piece in
            let range = piece * perPiece..<min((piece + 1) * perPiece, blocks)
            defer {
                before.letGo(ofBlocks: range)
                after.letGo(ofBlocks: range)
            }
            return try range.map { block in
                if exactIntegers && original.dtype.bitWidth == 64 {
                    let range = ElementBlocks.range(block, of: count)
                    return original.dtype == .int64
                        ? ValueComparison(integers: original, reconstruction, range, as: Int64.self)
                        : ValueComparison(integers: original, reconstruction, range, as: UInt64.self)
                }
                if floats {
                    return try before.withBlock(block, as: Float.self) { x in
                        try after.withBlock(block, as: Float.self) { y in
                            ValueComparison(x, y, bantam_compare_float32)
                        }
                    }
                }
                return try before.withBlock(block, as: Double.self) { x in
                    try after.withBlock(block, as: Double.self) { y in
                        ValueComparison(x, y, bantam_compare_float64)
                    }
                }
            }
        }
        self.init()
        for block in pieces.joined() { add(block) }
    }

    /// A block through the kernel; with an infinity or NaN in it, again and element by element.
    private init<Real: BinaryFloatingPoint>(
        _ original: UnsafeBufferPointer<Real>, _ reconstruction: UnsafeBufferPointer<Real>,
        _ kernel: (
            UnsafePointer<Real>?, UnsafePointer<Real>?, Int, UnsafeMutablePointer<bantam_value_comparison>?
        ) -> Void
    ) {
        var sums = bantam_value_comparison()
        kernel(original.baseAddress, reconstruction.baseAddress, original.count, &sums)
        guard (sums.squared_original + sums.squared_reconstruction).isFinite else {
            for (x, y) in zip(original, reconstruction) {
                add(Double(x), Double(y), difference: Double(x) - Double(y))
            }
            return
        }
        error.count = original.count
        error.maxAbsError = sums.max_abs_error
        error.squaredError = sums.squared_error
        error.squaredOriginal = sums.squared_original
        error.squaredReconstruction = sums.squared_reconstruction
        error.product = sums.product
        originalZeros = sums.original_zeros
        reconstructionZeros = sums.reconstruction_zeros
        low = sums.low
        high = sums.high
    }

    /// A block of 64-bit integers, whose differences doubles could miss.
    private init<Integer: FixedWidthInteger & BitwiseCopyable>(
        integers original: Tensor, _ reconstruction: Tensor, _ range: Range<Int>, as type: Integer.Type
    ) {
        original.withElements(as: Integer.self) { before in
            reconstruction.withElements(as: Integer.self) { after in
                for index in range {
                    let (x, y) = (before[index], after[index])
                    // The distance of two integers of one width fits the unsigned type of that width.
                    let distance = Integer.Magnitude(truncatingIfNeeded: x > y ? x &- y : y &- x)
                    add(Double(x), Double(y), difference: Double(distance))
                }
            }
        }
    }

    /// Tensors of dtypes that are carried but not computed with: the same bytes, or an unbounded error.
    private init(opaque original: Tensor, _ reconstruction: Tensor) {
        let equal = withExtendedLifetime((original, reconstruction)) {
            original.dtype == reconstruction.dtype
                && original.storage.bytes.elementsEqual(reconstruction.storage.bytes)
        }
        error.count = original.elementCount
        error.maxAbsError = equal ? 0 : .infinity
        error.squaredError = equal ? 0 : .infinity
    }

    private mutating func add(_ x: Double, _ y: Double, difference: Double) {
        error.count += 1
        originalZeros += x == 0 ? 1 : 0
        reconstructionZeros += y == 0 ? 1 : 0
        for value in [x, y] where value.isFinite {
            low = min(low, value)
            high = max(high, value)
        }
        guard x.isFinite, y.isFinite else {
            if x != y && !(x.isNaN && y.isNaN) {
                error.maxAbsError = .infinity
                error.squaredError = .infinity
            }
            return
        }
        error.maxAbsError = max(error.maxAbsError, difference.magnitude)
        error.squaredError += difference * difference
        error.squaredOriginal += x * x
        error.squaredReconstruction += y * y
        error.product += x * y
    }

    private mutating func add(_ other: ValueComparison) {
        error += other.error
        originalZeros += other.originalZeros
        reconstructionZeros += other.reconstructionZeros
        low = min(low, other.low)
        high = max(high, other.high)
    }
}

extension ReconstructionError {
    /// The error of a reconstruction of as many elements, of whatever numeric dtypes.
    ///
    /// Sums are taken in double over blocks of a fixed length and added in order: the same bits for any
    /// number of threads and on any processor.
    ///
    /// An element that is NaN in both, or the same infinity in both, is no error and adds nothing to the
    /// sums. One that is not finite on one side alone makes the largest and the squared error infinite.
    /// 64-bit integers are compared exactly. Dtypes that Bantam carries but does not compute with (complex,
    /// sub-byte and the rarer float8) count as exact if the bytes are equal, else the error is infinite.
    /// Squares of float64 values beyond 1.3·10¹⁵⁴ overflow; the figures are then infinite or NaN.
    ///
    /// - Complexity: O(elements), one read of both tensors.
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the numbers of elements differ.
    public init(original: Tensor, reconstruction: Tensor, workers: Workers = .one) throws {
        self = try ValueComparison(original: original, reconstruction: reconstruction, workers: workers).error
    }

    /// Whether every value came back: not one element differs. (−0 and 0 are the same value.)
    public var isExact: Bool { maxAbsError == 0 && squaredError == 0 }
}

extension Tensor {
    /// The fraction of elements that are zero, of either sign; 0 for an empty tensor and for dtypes that
    /// are carried but not computed with.
    ///
    /// - Complexity: O(elements).
    public func sparsity(workers: Workers = .one) throws -> Double {
        guard elementCount > 0 else { return 0 }
        let comparison = try ValueComparison(original: self, reconstruction: self, workers: workers)
        return Double(comparison.originalZeros) / Double(elementCount)
    }
}
