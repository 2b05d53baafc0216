import Bantam

// The plain coders beside `fast`, on the same bytes, in their container: planes, checksum and all.

extension Suite {
    /// Rows for each coder and dtype; the name of the encoder's says the ratio.
    mutating func addCoders(
        _ names: [String], _ source: UnsafeMutableBufferPointer<Float>, workers: Workers
    ) throws {
        for dtype in [DType.bfloat16, .float16, .float32, .int8, .float8E4M3, .float8E5M2] {
            let raw = UnsafeRawBufferPointer(Narrowed.elements(source, as: dtype))
            let result = UnsafeMutableRawBufferPointer(buffer(of: raw.count, filledWith: UInt8(1)))
            for name in names {
                guard let coder = try Coders.named(name) else { continue }
                func encode() throws -> [UInt8] {
                    try CodedArray(coding: raw, of: dtype, with: coder, workers: workers)?.bytes ?? []
                }
                let coded = try encode()
                guard !coded.isEmpty else { continue }
                let digits = String(coded.count * 100_000 / raw.count + 1_000_000).dropFirst(2)
                let row = "\(name) \(dtype.rawValue)"
                add("\(row) encode, ratio 0.\(digits)", bytes: raw.count) { _ = try encode() }
                add("\(row) decode", bytes: raw.count) {
                    try coded.withUnsafeBytes {
                        try CodedArray.decode($0, of: dtype, into: result, workers: workers)
                    }
                }
            }
        }
    }
}
