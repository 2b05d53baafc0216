// The `descr` of an npy header: a type code such as `<f4`. Everything that is not a plain number or a
// bool is refused with a line that says what it is, because guessing would mean reading garbage.

import BantamTensors

/// A NumPy type code with its byte order.
struct NpyDescriptor: Sendable, Equatable {
    /// The element type.
    var dtype: DType
    /// Which byte of a number comes first.
    var byteOrder: ByteOrder

    private static let codes: [(code: String, dtype: DType)] = [
        ("f2", .float16), ("f4", .float32), ("f8", .float64), ("b1", .bool),
        ("i1", .int8), ("i2", .int16), ("i4", .int32), ("i8", .int64),
        ("u1", .uint8), ("u2", .uint16), ("u4", .uint32), ("u8", .uint64),
        ("c8", .complex64), ("c16", .complex128),
    ]

    /// The meaning of a type code.
    ///
    /// `=` and `|` mean the byte order of the machine that wrote the file, read as little-endian.
    ///
    /// - Throws: ``BantamError`` of kind `compatibility` for a type that has no place in a tensor.
    init(parsing text: String) throws {
        let marker = text.first.flatMap { "<>=|".contains($0) ? $0 : nil }
        let code = String(text.dropFirst(marker == nil ? 0 : 1))
        guard let dtype = Self.codes.first(where: { $0.code == code })?.dtype else {
            throw BantamError(.compatibility, "dtype '\(text)' \(Self.refusal(of: code))")
        }
        self.dtype = dtype
        self.byteOrder = marker == ">" ? .big : .little
    }

    /// The code NumPy writes for a little-endian `dtype`.
    ///
    /// - Throws: ``BantamError`` of kind `compatibility` if NumPy has no such type.
    static func code(for dtype: DType) throws -> String {
        guard let code = codes.first(where: { $0.dtype == dtype })?.code else {
            throw BantamError(
                .compatibility, "\(dtype.rawValue) has no npy form; write a .safetensors file instead")
        }
        return (dtype.bitWidth == 8 ? "|" : "<") + code
    }

    private static func refusal(of code: String) -> String {
        switch code.first {
        case "O": "holds pickled Python objects, which are never unpickled"
        case "S", "a", "U", "T": "holds strings, expected numbers"
        case "M", "m": "holds dates or time spans, expected numbers"
        case "V":
            "holds untyped bytes, expected numbers (bfloat16 and float8 lose their type in npy; "
                + "use .safetensors)"
        case "f" where code == "f12" || code == "f16", "c" where code == "c24" || code == "c32":
            "is long double, whose layout depends on the machine; save it as float64"
        default: "is not a numeric type that npy files have"
        }
    }
}
