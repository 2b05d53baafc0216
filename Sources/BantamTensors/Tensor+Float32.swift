import CBantamKernels

extension Tensor {
    /// The elements as `float32`, row-major: the tensor itself if it is one already.
    ///
    /// Exact for float16, bfloat16, float8, bool and integers up to 24 bits; float64 and larger integers
    /// are rounded to nearest.
    ///
    /// - Complexity: O(elements).
    /// - Throws: ``BantamError`` of kind `compatibility` for complex and sub-byte types.
    public func float32() throws -> Tensor {
        switch dtype {
        case .float32: return self
        case .float64: return converted(from: Double.self) { Float($0) }
        case .float16:
            return converted { (source: UnsafeBufferPointer<UInt16>, result) in
                bantam_float16_to_float32(source.baseAddress, result.baseAddress, source.count)
            }
        case .bfloat16:
            return converted { (source: UnsafeBufferPointer<UInt16>, result) in
                bantam_bfloat16_to_float32(source.baseAddress, result.baseAddress, source.count)
            }
        case .float8E4M3:
            let table = (0...255).map { Float8.e4m3(UInt8($0)) }
            return converted(from: UInt8.self) { table[Int($0)] }
        case .float8E5M2:
            let table = (0...255).map { Float8.e5m2(UInt8($0)) }
            return converted(from: UInt8.self) { table[Int($0)] }
        case .int64: return converted(from: Int64.self) { Float($0) }
        case .int32: return converted(from: Int32.self) { Float($0) }
        case .int16: return converted(from: Int16.self) { Float($0) }
        case .int8: return converted(from: Int8.self) { Float($0) }
        case .uint64: return converted(from: UInt64.self) { Float($0) }
        case .uint32: return converted(from: UInt32.self) { Float($0) }
        case .uint16: return converted(from: UInt16.self) { Float($0) }
        case .uint8, .bool: return converted(from: UInt8.self) { Float($0) }
        case .float8E4M3FNUZ, .float8E5M2FNUZ, .float8E8M0, .float6E2M3, .float6E3M2, .float4, .complex64,
            .complex128:
            throw BantamError(.compatibility, "expected numbers to compute with, found \(dtype.rawValue)")
        }
    }

    /// This float32 tensor as `dtype`, rounded to nearest, ties to even; values beyond the largest finite
    /// one become infinite (float8_e4m3, which has none: NaN).
    ///
    /// - Throws: ``BantamError`` of kind `compatibility` if `dtype` is not a floating-point type.
    public func float32(roundedTo dtype: DType) throws -> Tensor {
        precondition(self.dtype == .float32)
        switch dtype {
        case .float32: return self
        case .float64: return narrowed(to: dtype, from: Float.self) { Double($0) }
        case .float16:
            return withElements(as: Float.self) { source in
                Tensor(dtype, shape, as: UInt16.self) {
                    bantam_float32_to_float16(source.baseAddress, $0.baseAddress, source.count)
                }
            }
        case .bfloat16:
            return withElements(as: Float.self) { source in
                Tensor(dtype, shape, as: UInt16.self) {
                    bantam_float32_to_bfloat16(source.baseAddress, $0.baseAddress, source.count)
                }
            }
        case .float8E4M3: return narrowed(to: dtype, from: Float.self) { Float8.e4m3($0) }
        case .float8E5M2: return narrowed(to: dtype, from: Float.self) { Float8.e5m2($0) }
        default: throw BantamError(.compatibility, "expected a float dtype, found \(dtype.rawValue)")
        }
    }

    private func converted<Source: BitwiseCopyable>(
        _ convert: (UnsafeBufferPointer<Source>, UnsafeMutableBufferPointer<Float>) -> Void
    ) -> Tensor {
        withElements(as: Source.self) { source in
            Tensor(.float32, shape, as: Float.self) { convert(source, $0) }
        }
    }

    private func converted<Source: BitwiseCopyable>(
        from type: Source.Type, _ convert: (Source) -> Float
    ) -> Tensor {
        converted { (source: UnsafeBufferPointer<Source>, result) in
            for index in source.indices { result[index] = convert(source[index]) }
        }
    }

    private func narrowed<Source: BitwiseCopyable, Target: BitwiseCopyable>(
        to dtype: DType, from type: Source.Type, _ convert: (Source) -> Target
    ) -> Tensor {
        withElements(as: Source.self) { source in
            Tensor(dtype, shape, as: Target.self) { result in
                for index in source.indices { result[index] = convert(source[index]) }
            }
        }
    }
}
