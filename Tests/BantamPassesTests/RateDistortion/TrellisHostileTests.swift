import BantamEncodings
import BantamPasses
import BantamTestSupport
import BantamTensors
import Testing

/// Bytes that lie are refused or decoded to something, never a trap, at any level.
@Suite struct TrellisHostileTests {
    private func decode(_ shape: Shape, _ indices: [UInt8], _ tables: [UInt8]) -> Result<[Float], any Error> {
        Result {
            try TrellisCoded(
                validating: shape, indices: Tensor(.uint8, [indices.count], indices),
                tables: Tensor(.uint8, [tables.count], tables)
            ).decoded(workers: .one).array(as: Float.self)
        }
    }

    private func sample() throws -> (TrellisCoded, [UInt8], [UInt8]) {
        let tensor = RateDistortionTests.Kind.outliers.tensor([40, 30])
        let coded = try RateDistortionTests.coded(tensor, .states8, step: 0.02)
        return (coded, coded.indices.array(as: UInt8.self), coded.tables.array(as: UInt8.self))
    }

    @Test func everyEndIsNoticed() throws {
        let (coded, indices, tables) = try sample()
        for length in indices.indices {
            let error = bantamError { _ = try decode(coded.shape, Array(indices[..<length]), tables).get() }
            #expect(error?.kind == .corruption, "\(length) bytes")
        }
        #expect(bantamError { _ = try decode(coded.shape, indices + [0], tables).get() } != nil)
        #expect(bantamError { _ = try decode(coded.shape, indices, tables + [0]).get() } != nil)
    }

    @Test func everyBitMayFlip() throws {
        let (coded, indices, tables) = try sample()
        for bit in 0..<8 * indices.count {
            var flipped = indices
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            if case .failure(let error) = decode(coded.shape, flipped, tables) {
                #expect(error is BantamError)
            }
        }
        for bit in 0..<8 * tables.count {
            var flipped = tables
            flipped[bit / 8] ^= 1 << UInt8(bit % 8)
            if case .failure(let error) = decode(coded.shape, indices, flipped) {
                #expect(error is BantamError)
            }
        }
    }

    /// Full steps of all lanes, where the vector loops run; damage must give the same at every level.
    @Test func damageIsTheSameAtEveryLevel() throws {
        let tensor = RateDistortionTests.Kind.outliers.tensor([700, 400])
        let coded = try RateDistortionTests.coded(tensor, .states64, step: 0.05)
        let (indices, tables) = (coded.indices.array(as: UInt8.self), coded.tables.array(as: UInt8.self))
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<60 {
            var damaged = indices
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                damaged[Int.random(in: 0..<damaged.count, using: &generator)] = .random(
                    in: 0...255, using: &generator)
            }
            var found: [[Float]?] = []
            forEachLevel { _ in
                switch decode(coded.shape, damaged, tables) {
                case .success(let values): found.append(values)
                case .failure(let error):
                    #expect(error is BantamError)
                    found.append(nil)
                }
            }
            #expect(found.allSatisfy { $0?.map(\.bitPattern) == found[0]?.map(\.bitPattern) })
        }
    }

    @Test func hugeClaims() throws {
        let (_, indices, tables) = try sample()
        for shape in [
            [1 << 40, 30], [40, 1 << 50], [1 << 30, 1 << 20], [1 << 20, 3], [1 << 40, 0], [1 << 30, 0, 2],
        ] as [Shape] {
            #expect(bantamError { _ = try decode(shape, indices, tables).get() } != nil)
        }
        for count in [0, 1, 7, 8, 100] {
            let zeros = [UInt8](repeating: 0, count: count)
            #expect(bantamError { _ = try decode([40, 30], zeros, tables).get() } != nil)
            #expect(bantamError { _ = try decode([40, 30], indices, zeros).get() } != nil)
        }
    }

    /// One form of classes takes ten bits for any number of rows, and 402 million of them were believed before the
    /// blocks were counted. Here nothing follows the fixed part of the header, and the blocks must be missed first.
    @Test func blocksAreCountedBeforeClassesAreRead() throws {
        let (_, indices, tables) = try sample()
        let message = bantamError { _ = try decode([24 << 24], Array(indices[..<8]), tables).get() }?.message
        #expect(message == "expected 768 blocks, found 0 bytes")
        // A block of one lane takes six bytes.
        for (spare, expected) in [(767 * 6 + 5, true), (768 * 6, false)] {
            let bytes = indices[..<2] + [0] + indices[3..<8] + [UInt8](repeating: 0, count: spare)
            let found = bantamError { _ = try decode([24 << 24], Array(bytes), tables).get() }?.message
            #expect((found == "expected 768 blocks, found \(spare) bytes") == expected)
        }
    }
}
