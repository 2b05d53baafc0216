import BantamTensors
import Testing

/// The kernels against Swift's own `Float16` and against bit arithmetic, over every 16-bit pattern.
@Suite struct FloatConversionTests {
    private let patterns = (0...UInt16.max).map { $0 }

    @Test func everyFloat16Widens() throws {
        let widened = try Tensor(.float16, [65536], patterns).float32().array(as: Float.self)
        for pattern in patterns {
            let expected = Float(Float16(bitPattern: pattern))
            let found = widened[Int(pattern)]
            #expect(expected.isNaN ? found.isNaN : found == expected, "\(pattern)")
        }
    }

    @Test func everyBFloat16Widens() throws {
        let widened = try Tensor(.bfloat16, [65536], patterns).float32().array(as: UInt32.self)
        #expect(widened == patterns.map { UInt32($0) << 16 })
    }

    /// Around every float16: itself, the midpoint to the next one, and one last place to either side of it.
    @Test func float32RoundsToFloat16() throws {
        var values: [Float] = [.infinity, -.infinity, .nan, .greatestFiniteMagnitude, .leastNonzeroMagnitude]
        for pattern in patterns where Float16(bitPattern: pattern).isFinite {
            let value = Float(Float16(bitPattern: pattern))
            let half = Float16(bitPattern: pattern)
            let next = half.nextUp.isFinite ? Float(half.nextUp) : 65536
            let middle = (value + next) / 2
            values += [value, middle, middle.nextUp, middle.nextDown]
        }
        let rounded = try Tensor(.float32, [values.count], values).float32(roundedTo: .float16)
            .array(as: UInt16.self)
        for (value, found) in zip(values, rounded) {
            let expected = Float16(value)
            #expect(
                expected.isNaN ? Float16(bitPattern: found).isNaN : found == expected.bitPattern,
                "\(value)")
        }
    }

    @Test func float32RoundsToBFloat16() throws {
        var values: [Float] = [.infinity, -.infinity, .greatestFiniteMagnitude]
        for pattern in patterns {
            let value = Float(bitPattern: UInt32(pattern) << 16)
            guard value.isFinite else { continue }
            let middle = Float(bitPattern: UInt32(pattern) << 16 | 0x8000)
            values += [value, middle, middle.nextUp, middle.nextDown]
        }
        let rounded = try Tensor(.float32, [values.count], values).float32(roundedTo: .bfloat16)
            .array(as: UInt16.self)
        for (value, found) in zip(values, rounded) {
            let back = Double(Float(bitPattern: UInt32(found) << 16))
            guard back.isFinite else {
                #expect(value.magnitude >= 0x1.FFp127, "\(value)")
                continue
            }
            // Nearest: no neighbour is closer, and on a tie the last bit is even.
            for neighbour in [found &+ 1, found &- 1] {
                let other = Double(Float(bitPattern: UInt32(neighbour) << 16))
                guard other.isFinite else { continue }
                let (mine, its) = ((back - Double(value)).magnitude, (other - Double(value)).magnitude)
                #expect(mine < its || (mine == its && found & 1 == 0), "\(value)")
            }
        }
        let nan = try Tensor(.float32, [1], [Float(bitPattern: 0x7f80_0001)]).float32(roundedTo: .bfloat16)
        #expect(Float(bitPattern: UInt32(nan.array(as: UInt16.self)[0]) << 16).isNaN)
    }

    @Test func everyFloat8SurvivesARoundTrip() throws {
        let codes = (0...UInt8.max).map { $0 }
        for dtype in [DType.float8E4M3, .float8E5M2] {
            let wide = try Tensor(dtype, [256], codes).float32()
            let back = try wide.float32(roundedTo: dtype).array(as: UInt8.self)
            for (code, (value, found)) in zip(codes, zip(wide.array(as: Float.self), back)) {
                #expect(value.isNaN ? Float8.e4m3(found).isNaN || Float8.e5m2(found).isNaN : found == code)
            }
        }
        #expect(Float8.e4m3(0x7e as UInt8) == 448)
        #expect(Float8.e5m2(0x7b as UInt8) == 57344)
        #expect(Float8.e4m3(0x01 as UInt8) == 0x1p-9)
        #expect(Float8.e4m3(464 as Float) == 0x7e)
        #expect(Float8.e4m3(465 as Float) == 0x7f)
        #expect(Float8.e5m2(61440 as Float) == 0x7c)
    }
}
