import BantamEncodings
import BantamTensors

/// Rate–distortion quantization of one tensor, with the step and the tables that training has settled.
///
/// Zeros stay zeros where at least one of a thousand elements is one, as after pruning.
///
/// - Error bound: none for single elements; the squared error is about a quarter of the square of the step for each.
/// - Complexity: O(elements · states).
public struct TrellisQuantize: Pass {
    /// The machine and what a bit is worth.
    public let quantization: RateDistortion
    /// Levels are multiples of it.
    public let step: Float
    /// What the indices are coded with.
    public let tables: TrainedTables

    /// How the indices are held.
    public var form: IndexForm

    /// How the indices of a tensor are held.
    public enum IndexForm: String, Sendable, CaseIterable {
        /// Coded with the tables of the model, block by block: decodes fastest.
        case tables
        /// As an array of codes, for the coder of the file.
        case codes
        /// Whichever takes fewer bytes. Codes are tried for tensors up to 65,536 elements and for those of less than a bit
        /// for each element, which are mostly zeros; of others the tables take no more.
        case smallest
    }

    private static let smallElementCount = 1 << 16

    /// A pass; `step` is the tensor's own.
    public init(
        _ quantization: RateDistortion, step: Float, tables: TrainedTables, form: IndexForm = .tables
    ) {
        self.form = form
        self.quantization = quantization
        self.step = step
        self.tables = tables
    }

    /// `quantize`.
    public var name: String { "quantize" }

    /// - Throws: ``BantamError`` of kind `invalidArgument` for anything but dense floats, `corruption` for NaN or
    ///   infinity.
    public func apply(to encoding: Encoding, _ context: PassContext) throws -> PassResult {
        guard case .dense(let tensor) = encoding, tensor.dtype.isRealFloat else {
            throw BantamError(.invalidArgument, "expected values to quantize, found \(encoding.summary) ones")
        }
        guard tensor.elementCount > 0 else { return PassResult(encoding) }
        var found: Encoding?
        var triesCodes = form != .tables
        if form != .codes {
            let coded = try quantization.encode(tensor, step: step, tables: tables, workers: context.workers)
            // Codes take longest to be coded, and only these have shown to gain by it.
            if tensor.elementCount > TrellisQuantize.smallElementCount {
                triesCodes = triesCodes && 8 * coded.indices.byteCount < tensor.elementCount
            }
            found = .trellisCoded(coded)
        }
        // Codes that need more than 8 bits are left to the tables.
        if triesCodes,
            let codes = try quantization.codes(
                of: tensor, step: step, tables: tables, workers: context.workers)
        {
            let codes = Encoding.quantized(codes)
            if let other = found, try context.storedBytes(other) <= context.storedBytes(codes) {
                return PassResult(other)
            }
            found = codes
        }
        guard let found else {
            throw BantamError(
                .invalidArgument, "expected a step at which indices fit in 8 bits, found \(step)")
        }
        return PassResult(found)
    }
}
