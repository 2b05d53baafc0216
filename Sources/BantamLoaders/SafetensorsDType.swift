import BantamTensors

/// The element types of the safetensors format under its own names.
///
/// Source: the enumeration `Dtype` of the reference implementation, version 0.8 (`safetensors/src/tensor.rs`).
enum SafetensorsDType {
    /// All types, in the order by which the reference implementation sorts data: by rising alignment.
    static let ranked: [(name: String, dtype: DType)] = [
        ("BOOL", .bool), ("F4", .float4), ("F6_E2M3", .float6E2M3), ("F6_E3M2", .float6E3M2), ("U8", .uint8),
        ("I8", .int8), ("F8_E5M2", .float8E5M2), ("F8_E4M3", .float8E4M3), ("F8_E8M0", .float8E8M0),
        ("F8_E4M3FNUZ", .float8E4M3FNUZ), ("F8_E5M2FNUZ", .float8E5M2FNUZ), ("I16", .int16), ("U16", .uint16),
        ("F16", .float16), ("BF16", .bfloat16), ("I32", .int32), ("U32", .uint32), ("F32", .float32),
        ("C64", .complex64), ("F64", .float64), ("I64", .int64), ("U64", .uint64),
    ]

    /// The type of a name, `nil` if the format has none.
    static func dtype(named name: String) -> DType? { dtypes[name] }

    /// The name of a type, `nil` if the format cannot hold it.
    static func name(of dtype: DType) -> String? { rank(of: dtype).map { ranked[$0].name } }

    /// The position of a type in ``ranked``.
    static func rank(of dtype: DType) -> Int? { ranks[dtype] }

    private static let dtypes = Dictionary(uniqueKeysWithValues: ranked.map { ($0.name, $0.dtype) })
    private static let ranks = Dictionary(uniqueKeysWithValues: ranked.enumerated().map { ($1.dtype, $0) })
}
