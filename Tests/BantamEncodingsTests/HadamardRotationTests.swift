import BantamEncodings
import BantamTensors
import BantamTestSupport
import Testing

/// The rotation against the matrix of Sylvester written out.
@Suite struct HadamardRotationTests {
    @Test(arguments: [1, 2, 3, 7, 64, 100, 384]) func likeTheMatrix(columns: Int) throws {
        let rotation = HadamardRotation(seed: 42)
        var random = SeededGenerator(seed: 5)
        let rows = (0..<3 * columns).map { _ in random.normal() }
        var found = rows
        try found.withUnsafeMutableBufferPointer {
            try rotation.apply($0, shape: [3, columns], workers: Workers(2))
        }
        var words = SeededGenerator(seed: 42)
        let signs = (0..<columns).map { _ in words.next() >> 63 == 1 ? -1.0 : 1.0 }
        for row in 0..<3 {
            var start = 0
            while start < columns {
                var length = 1
                while 2 * length <= columns - start { length *= 2 }
                for i in 0..<length {
                    let sum = (0..<length).reduce(0.0) { sum, j in
                        let sign = (i & j).nonzeroBitCount % 2 == 0 ? 1.0 : -1.0
                        return sum + sign * signs[start + j] * Double(rows[row * columns + start + j])
                    }
                    let expected = sum / Double(length).squareRoot()
                    #expect((Double(found[row * columns + start + i]) - expected).magnitude < 1e-5)
                }
                start += length
            }
        }
        try found.withUnsafeMutableBufferPointer {
            try rotation.undo($0, shape: [3, columns], workers: .one)
        }
        #expect(zip(found, rows).allSatisfy { ($0 - $1).magnitude < 1e-5 })
    }
}
