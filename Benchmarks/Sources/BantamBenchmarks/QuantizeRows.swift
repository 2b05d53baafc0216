import Bantam

// Quantizing, dequantizing and casting from buffer to buffer.

extension Suite {
    mutating func addQuantization(_ source: UnsafeMutableBufferPointer<Float>, workers: Workers) throws {
        let columns = 4096
        let shape: Shape = [source.count / columns, columns]
        let elements = UnsafeBufferPointer(source)
        let bytes = source.count * 4
        let codes8 = buffer(of: source.count, filledWith: Int8(0))
        let codes16 = buffer(of: source.count, filledWith: Int16(0))
        let result = buffer(of: source.count, filledWith: Float(0))
        let threads = workers.count == 1 ? "" : ", \(workers.count) threads"

        for granularity in [Quantized.Granularity.channel, .group(32), .group(128), .tensor] {
            for scheme in [Quantize.Scheme.symmetric, .affine] {
                let pass = try Quantize(bits: 8, scheme: scheme, granularity: granularity)
                let count = granularity.scaleShape(of: shape).elementCount
                let scales = buffer(of: count, filledWith: Float(0))
                let zeroPoints = scheme == .affine ? buffer(of: count, filledWith: Int8(0)) : nil
                add("quantize int8 \(granularity) \(scheme)\(threads)", bytes: bytes) {
                    try pass.quantize(
                        elements, shape: shape, codes: codes8, scales: scales, zeroPoints: zeroPoints,
                        workers: workers)
                }
            }
        }
        let wide = try Quantize(bits: 16)
        let scales = buffer(of: shape.axes[0], filledWith: Float(0))
        add("quantize int16 channel symmetric\(threads)", bytes: bytes) {
            try wide.quantize(
                elements, shape: shape, codes: codes16, scales: scales, zeroPoints: nil, workers: workers)
        }
        for narrow in [100, 9] {
            let pass = try Quantize(bits: 8)
            let shape: Shape = [source.count / narrow, narrow]
            let part = UnsafeBufferPointer(rebasing: elements[..<shape.elementCount])
            let codes = UnsafeMutableBufferPointer(rebasing: codes8[..<shape.elementCount])
            let scales = buffer(of: shape.axes[0], filledWith: Float(0))
            add("quantize int8 channel, rows of \(narrow)\(threads)", bytes: part.count * 4) {
                try pass.quantize(
                    part, shape: shape, codes: codes, scales: scales, zeroPoints: nil, workers: workers)
            }
        }
        for granularity in [Quantized.Granularity.channel, .group(32)] {
            let quantized = Quantized(
                codes: .dense(Tensor(.int8, shape, as: Int8.self) { $0.initialize(repeating: 3) }),
                scales: Tensor(.float32, granularity.scaleShape(of: shape), as: Float.self) {
                    $0.initialize(repeating: 0.5)
                },
                zeroPoints: nil, granularity: granularity)
            add("dequantize int8 \(granularity)\(threads)", bytes: bytes) {
                try quantized.decode(into: result, workers: workers)
            }
        }
        let halves = buffer(of: source.count, filledWith: UInt16(0))
        for dtype in [DType.float16, .bfloat16] {
            let pass = try Cast(to: dtype)
            add("cast float32 to \(dtype.rawValue)\(threads)", bytes: bytes) {
                try pass.cast(elements, into: halves, workers: workers)
            }
        }
    }
}
