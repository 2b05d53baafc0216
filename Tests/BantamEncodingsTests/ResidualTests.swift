import BantamEncodings
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// A tensor as what remains beside another one.
@Suite struct ResidualTests {
    /// Worked out by hand: patterns, those of the base, their difference zigzagged, and their exclusive or.
    static let known: [(word: UInt16, base: UInt16, difference: UInt16, xor: UInt16)] = [
        (0, 0, 0, 0), (6, 7, 1, 1), (7, 6, 2, 1), (0x3f80, 0x3f7f, 2, 0x00ff), (0x3f7f, 0x3f80, 1, 0x00ff),
        (5, 15, 19, 10), (0xffff, 0, 1, 0xffff), (0, 0xffff, 2, 0xffff), (0x8000, 0, 0xffff, 0x8000),
        (0x7fff, 0, 0xfffe, 0x7fff), (0xbf80, 0x3f80, 0xffff, 0x8000),
    ]

    @Test func knownResiduals() throws {
        let tensor = Tensor(.bfloat16, [Self.known.count], Self.known.map(\.word))
        let base = Tensor(.bfloat16, [Self.known.count], Self.known.map(\.base))
        let difference = try Residual.difference.taken(of: tensor, from: base, workers: .one)
        let xor = try Residual.xor.taken(of: tensor, from: base, workers: .one)
        #expect(difference.dtype == .uint16 && xor.dtype == .uint16)
        #expect(difference.array(as: UInt16.self) == Self.known.map(\.difference))
        #expect(xor.array(as: UInt16.self) == Self.known.map(\.xor))
    }

    @Test(arguments: Residual.allCases) func everyBitComesBack(_ residual: Residual) throws {
        var generator = SeededGenerator(seed: 11)
        for dtype in DType.allCases {
            guard let residualType = Residual.dtype(of: dtype) else {
                #expect([.complex128, .float6E2M3, .float6E3M2, .float4].contains(dtype))
                continue
            }
            #expect(residualType.bitWidth == dtype.bitWidth && residualType.rawValue.hasPrefix("uint"))
            // Lengths around nothing, one element, vector widths, and the border of a piece of work.
            for count in [0, 1, 2, 15, 17, 1023] + (dtype == .float64 ? [(1 << 17) + 3] : []) {
                let bytes = { (count: Int) in
                    Storage(byteCount: count) {
                        for index in $0.indices { $0[index] = UInt8.random(in: 0...255, using: &generator) }
                    }
                }
                let byteCount = count * dtype.bitWidth / 8
                let tensor = Tensor(dtype, [count, 1], bytes(byteCount))
                let base = Tensor(dtype, [count, 1], bytes(byteCount))
                let taken = try residual.taken(of: tensor, from: base, workers: .one)
                #expect(taken.dtype == residualType && taken.shape == tensor.shape)
                let back = try residual.added(taken, to: base, workers: Workers(3))
                #expect(back.dtype == dtype && back.shape == tensor.shape)
                #expect(back.storage.bytes.elementsEqual(tensor.storage.bytes), "\(dtype) \(count)")
                let parallel = try residual.taken(of: tensor, from: base, workers: Workers(3))
                #expect(parallel.storage.bytes.elementsEqual(taken.storage.bytes))
                withExtendedLifetime((tensor, taken, back, parallel)) {}
            }
        }
    }

    @Test func whatDoesNotFitIsRefused() throws {
        let tensor = Tensor(.float32, [4], [Float](repeating: 1, count: 4))
        let narrow = Tensor(.float16, [4], [UInt16](repeating: 1, count: 4))
        let long = Tensor(.float32, [5], [Float](repeating: 1, count: 5))
        let complex = Tensor(
            .complex128, [1], Storage(byteCount: 16) { $0.initializeMemory(as: UInt8.self, repeating: 0) })
        for (mine, base) in [(tensor, narrow), (tensor, long), (complex, complex)] {
            let error = bantamError { _ = try Residual.xor.taken(of: mine, from: base, workers: .one) }
            #expect(error?.kind == .invalidArgument)
        }
        let error = bantamError { _ = try Residual.difference.added(tensor, to: tensor, workers: .one) }
        #expect(error?.kind == .corruption)
    }
}
