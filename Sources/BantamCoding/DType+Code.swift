// Why: a coded array says what its bytes are, in one byte. The numbers are part of the file format.

import BantamTensors

extension DType {
    /// The number that stands for this dtype in a coded array. Never renumbered.
    var code: UInt8 {
        switch self {
        case .float64: 1
        case .float32: 2
        case .float16: 3
        case .bfloat16: 4
        case .float8E4M3: 5
        case .float8E5M2: 6
        case .float8E4M3FNUZ: 7
        case .float8E5M2FNUZ: 8
        case .float8E8M0: 9
        case .float6E2M3: 10
        case .float6E3M2: 11
        case .float4: 12
        case .complex128: 13
        case .complex64: 14
        case .int64: 15
        case .int32: 16
        case .int16: 17
        case .int8: 18
        case .uint64: 19
        case .uint32: 20
        case .uint16: 21
        case .uint8: 22
        case .bool: 23
        }
    }

    /// The dtype that `code` stands for, if any.
    init?(code: UInt8) {
        guard let dtype = DType.allCases.first(where: { $0.code == code }) else { return nil }
        self = dtype
    }
}
