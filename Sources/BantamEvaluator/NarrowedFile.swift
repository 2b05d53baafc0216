// Why: one float32 model shows what coders do to every format that weights are kept in.

import BantamLoaders
import BantamTensors

/// The float32 tensors of a file in a narrower format, to be measured; the scales of the 8-bit ones are let go.
public struct NarrowedFile: TensorFile {
    /// The formats.
    public enum Format: String, Sendable, CaseIterable {
        /// float32 as it is.
        case f32
        /// bfloat16, rounded to nearest even.
        case bf16
        /// float16, rounded to nearest even.
        case fp16
        /// Integers from −127 to 127: x / (max|x| / 127), rounded to nearest even, the maximum over the row.
        case int8
        /// float8 e4m3: x / (max|x| / 448), rounded to nearest even, the maximum over the row.
        case fp8

        var dtype: DType {
            switch self {
            case .f32: .float32
            case .bf16: .bfloat16
            case .fp16: .float16
            case .int8: .int8
            case .fp8: .float8E4M3
            }
        }
    }

    /// What the tensors are narrowed to.
    public let narrowed: Format
    /// The narrowed tensors: the float32 ones of the source.
    public let entries: [TensorEntry]
    private let source: any TensorFile
    private let indices: [Int]

    /// The float32 tensors of `source` as `narrowed`. A tensor without rows counts as one row.
    public init(_ source: any TensorFile, as narrowed: Format) {
        self.source = source
        self.narrowed = narrowed
        indices = source.entries.indices.filter { source.entries[$0].dtype == .float32 }
        entries = indices.map {
            var entry = source.entries[$0]
            entry.dtype = narrowed.dtype
            return entry
        }
    }

    /// That of the source.
    public var path: String { source.path }
    /// The format's name.
    public var format: String { narrowed.rawValue }
    /// The bytes of the narrowed tensors.
    public var fileByteCount: Int { tensorByteCount }
    /// That of the source.
    public var metadata: [(key: String, value: String)] { source.metadata }

    /// Reads and narrows a tensor. NaN becomes NaN, or 0 where there is none.
    public func tensor(at index: Int) throws -> Tensor {
        let tensor = try source.tensor(at: indices[index])
        switch narrowed {
        case .f32: return tensor
        case .bf16, .fp16: return try tensor.float32(roundedTo: narrowed.dtype)
        case .int8:
            return tensor.scaled(to: 127, as: .int8) { UInt8(bitPattern: Int8($0.rounded(.toNearestOrEven))) }
        case .fp8: return tensor.scaled(to: 448, as: .float8E4M3) { Float8.e4m3($0) }
        }
    }
}

extension Tensor {
    /// The rows of a float32 tensor, each scaled so that its largest magnitude becomes `limit`.
    fileprivate func scaled(to limit: Float, as dtype: DType, _ narrow: (Float) -> UInt8) -> Tensor {
        let columns = max(1, shape.matrixForm?.columns ?? elementCount)
        return withElements(as: Float.self) { source in
            Tensor(dtype, shape, as: UInt8.self) { result in
                for start in stride(from: 0, to: source.count, by: columns) {
                    let row = source[start..<min(start + columns, source.count)]
                    let scale = row.reduce(Float(0)) { $1.isFinite ? max($0, $1.magnitude) : $0 } / limit
                    for index in row.indices {
                        let value = scale > 0 ? source[index] / scale : 0
                        result[index] = narrow(value.isFinite ? min(max(value, -limit), limit) : 0)
                    }
                }
            }
        }
    }
}
