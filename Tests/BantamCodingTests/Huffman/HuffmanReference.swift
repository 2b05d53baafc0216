// Why: the coder must agree with something that was written from the specification alone, one bit at a time.

import BantamTensors

/// A decoder of the coder `huffman` after `docs/coders/huffman.md`, as plain as can be. It trusts the block.
struct HuffmanReference {
    var bytes: ArraySlice<UInt8>

    mutating func take(_ count: Int) -> [UInt8] {
        defer { bytes = bytes.dropFirst(count) }
        return Array(bytes.prefix(count))
    }

    static func decode(_ bytes: [UInt8], _ dtype: DType, count: Int) -> [UInt8] {
        var reader = HuffmanReference(bytes: bytes[...])
        let width = dtype.alignment
        let isRotated = [DType.float16, .bfloat16, .float32, .float64, .complex64, .complex128].contains(
            dtype)
        let planes = (0..<width).map { _ in reader.plane(count / width) }
        return (0..<count / width).flatMap { index -> [UInt8] in
            var bits = (0..<8 * width).map { planes[$0 / 8][index] >> UInt8($0 % 8) & 1 }
            if isRotated { bits.append(bits.removeFirst()) }
            return (0..<width).map { byte in
                (0..<8).reduce(0) { $0 | bits[8 * byte + $1] << UInt8($1) }
            }
        }
    }

    mutating func plane(_ count: Int) -> [UInt8] {
        let kind = take(1)[0]
        if kind == 0 { return take(count) }
        if kind == 1 {
            let pattern = take(16)
            return (0..<count).map { pattern[$0 % 16] }
        }
        let range = take(2)
        let symbols = Int(range[0])...Int(range[1])
        let packed = take((symbols.count + 1) / 2)
        var words: [String: UInt8] = [:]
        var word = 0
        for length in 1...12 {
            word <<= 1
            for (index, symbol) in symbols.enumerated()
            where Int(packed[index / 2] >> UInt8(index % 2 * 4) & 15) == length {
                let digits = String(word, radix: 2)
                words[String(repeating: "0", count: length - digits.count) + digits] = UInt8(symbol)
                word += 1
            }
        }
        let streamCount = kind == 2 ? 1 : 8
        let sizes = (0..<streamCount).map { _ in take(4).reversed().reduce(0) { $0 << 8 | Int($1) } }
        let run = (count + streamCount - 1) / streamCount
        var result: [UInt8] = []
        for (index, size) in sizes.enumerated() {
            let end = min((index + 1) * run, count)
            var bits = ""
            for byte in take(size) {
                for place in (0..<8).reversed() {
                    guard result.count < end else { break }
                    bits += byte >> UInt8(place) & 1 == 1 ? "1" : "0"
                    if let symbol = words[bits] {
                        result.append(symbol)
                        bits = ""
                    }
                }
            }
        }
        return result
    }
}
