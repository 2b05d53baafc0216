import Bantam

// Codes of few bits, packed and back, and palettes.

extension Suite {
    /// Speeds count unpacked codes, a byte each; with those of a palette the float32 elements.
    mutating func addPacking(_ source: UnsafeMutableBufferPointer<Float>, workers: Workers) throws {
        let count = source.count
        let bytes = Tensor(.int8, [count], as: Int8.self) { codes in
            for index in 0..<count { codes[index] = Int8(truncatingIfNeeded: source[index].bitPattern >> 13) }
        }
        for bits in 2...7 {
            guard let packing = PackedCodes(bits: bits, isSigned: true) else { continue }
            let shift = Int8(8 - bits)
            let codes = Tensor(.int8, [count], as: Int8.self) { codes in
                bytes.withElements(as: Int8.self) { bytes in
                    for index in 0..<count { codes[index] = bytes[index] >> shift }
                }
            }
            let packed = packing.packed(codes)
            add("pack codes of \(bits) bits", bytes: count) { _ = packing.packed(codes) }
            add("unpack codes of \(bits) bits", bytes: count) {
                _ = try packing.unpacked(packed, count: count)
            }
        }
        let threads = workers.count == 1 ? "" : ", \(workers.count) threads"
        let elements = min(count, 1 << 24)
        let tensor = Tensor(.float32, [elements / 1024, 1024], as: Float.self) {
            _ = $0.update(fromContentsOf: source[..<$0.count])
        }
        let context = PassContext(workers: workers, storedBytes: { $0.shape.elementCount })
        for values in [16, 256] {
            let pass = try Palettize(values: values)
            add("palettize \(values) values\(threads)", bytes: tensor.byteCount) {
                _ = try pass.apply(to: .dense(tensor), context)
            }
        }
        let encoded = try Palettize(values: 16).apply(to: .dense(tensor), context).encoding
        add("decode a palette of 16 values\(threads)", bytes: tensor.byteCount) {
            _ = try encoded.decoded(workers: workers)
        }
    }
}
