import BantamTensors
import BantamTestSupport
import CBantamKernels
import Testing

@testable import BantamEncodings

/// Every format × dtype × pattern of zeros comes back bit for bit, at every vector level and thread count.
@Suite struct SparseRoundTripTests {
    static let dtypes = DType.allCases.filter { $0.bitWidth >= 8 }

    /// Which elements are not zero, with the shape to hold them in.
    static var patterns: [(name: String, shape: Shape, isSet: @Sendable (Int) -> Bool)] {
        var patterns: [(String, Shape, @Sendable (Int) -> Bool)] = [
            ("all zeros", [7, 11], { _ in false }), ("no zeros", [7, 11], { _ in true }),
            ("empty", [0, 5], { _ in true }), ("no columns", [5, 0], { _ in true }),
            ("empty rows", [9, 13], { $0 / 13 % 3 == 1 && $0 % 2 == 0 }),
            ("convolution", [5, 3, 3, 3], { $0 % 4 == 1 }), ("wide", [2, 70_001], { $0 % 97 == 5 }),
            ("one", [1, 1], { _ in true }), ("last only", [3, 777], { $0 == 3 * 777 - 1 }),
        ]
        for tail in 14...18 { patterns.append(("tail \(tail)", [3, tail], { $0 % 3 != 0 })) }
        for gap in [253, 254, 255, 256, 509, 510, 511, 765] {
            patterns.append(("gap \(gap)", [4, gap + 1], { $0 % (gap + 1) == gap }))
        }
        return patterns
    }

    /// Bytes that are not all zero, different in each element, where `isSet` says so.
    static func tensor(_ dtype: DType, _ shape: Shape, _ isSet: (Int) -> Bool) -> Tensor {
        let width = dtype.bitWidth / 8
        return Tensor(
            dtype, shape,
            Storage(byteCount: shape.elementCount * width) { bytes in
                for index in 0..<shape.elementCount {
                    for byte in 0..<width {
                        let isOwn = isSet(index) && (index + byte) % width == 0
                        bytes[index * width + byte] = isOwn ? UInt8(index % 255 + 1) : 0
                    }
                }
            })
    }

    @Test(arguments: Sparse.Format.allCases, dtypes)
    func everyPatternComesBack(format: Sparse.Format, dtype: DType) throws {
        for pattern in Self.patterns {
            let tensor = Self.tensor(dtype, pattern.shape, pattern.isSet)
            let sparse = try Sparse(tensor, as: format)
            _ = try Sparse(validating: sparse.shape, positions: sparse.positions, values: sparse.values)
            let decoded = try sparse.decoded(workers: .one)
            #expect(decoded.dtype == dtype && decoded.shape == pattern.shape)
            #expect(decoded.storage.bytes.elementsEqual(tensor.storage.bytes), "\(pattern.name)")
            let expected = (0..<pattern.shape.elementCount).count { pattern.isSet($0) }
            #expect(sparse.values.shape == [expected], "\(pattern.name)")
        }
    }

    @Test(arguments: Sparse.Format.allCases) func negativeZeroAndNaNSurvive(format: Sparse.Format) throws {
        let values: [Float] = [
            0, -0.0, .nan, Float(bitPattern: 0xffc0_1234), .infinity, 0, .leastNonzeroMagnitude, 0,
        ]
        let tensor = Tensor(.float32, [2, 4], values)
        let sparse = try Sparse(tensor, as: format)
        #expect(sparse.values.shape == [5])
        #expect(try sparse.decoded(workers: .one).array(as: UInt32.self) == values.map(\.bitPattern))
    }

    @Test(arguments: Sparse.Format.allCases) func levelsAndWorkersDoNotShow(format: Sparse.Format) throws {
        for dtype in [DType.int8, .float16, .float32, .float64, .complex128] {
            let tensor = Self.tensor(dtype, [27, 40_003]) { ($0 &* 2_654_435_761) >> 7 % 10 < 3 }
            let expected = try parts(Sparse(tensor, as: format))
            for level in [0, 1] {
                let before = bantam_cap_simd_level_for_tests(Int32(level))
                defer { bantam_cap_simd_level_for_tests(before) }
                #expect(try parts(Sparse(tensor, as: format)) == expected)
            }
            for count in [2, 4] {
                let sparse = try Sparse(tensor, as: format, workers: Workers(count))
                #expect(parts(sparse) == expected)
                let decoded = try sparse.decoded(workers: Workers(count))
                #expect(decoded.storage.bytes.elementsEqual(tensor.storage.bytes))
            }
        }
    }

    private func parts(_ sparse: Sparse) -> [[UInt8]] {
        var tensors: [Tensor] = []
        if case .dense(let values) = sparse.values { tensors.append(values) }
        switch sparse.positions {
        case .csr(let rowPointers, let columnIndices): tensors += [rowPointers, columnIndices]
        case .bitmask(let mask): tensors.append(mask)
        case .relative(let gaps): tensors.append(gaps)
        }
        return tensors.map { Array($0.storage.bytes) }
    }

    @Test func theSmallestIndexTypeIsTaken() throws {
        for (columns, indices) in [(256, DType.uint8), (257, .uint16), (65_536, .uint16), (65_537, .uint32)] {
            let tensor = Self.tensor(.uint8, [2, columns]) { $0 % 200 == 0 }
            guard case .csr(let pointers, let found) = try Sparse(tensor, as: .csr).positions else {
                Issue.record("no csr")
                continue
            }
            #expect(found.dtype == indices)
            #expect(pointers.dtype == (columns > 50_000 ? .uint16 : .uint8))
        }
        #expect(DType.smallestUnsigned(holding: 0xffff_ffff) == .uint32)
        #expect(DType.smallestUnsigned(holding: 0x1_0000_0000) == .uint64)
    }

    @Test func overlongGapsAreBridged() throws {
        func gaps(_ zeros: Int) throws -> [UInt8] {
            let tensor = Self.tensor(.int8, [zeros + 1]) { $0 == zeros }
            guard case .relative(let gaps) = try Sparse(tensor, as: .relative).positions else { return [] }
            return gaps.array(as: UInt8.self)
        }
        #expect(try gaps(0) == [0])
        #expect(try gaps(254) == [254])
        #expect(try gaps(255) == [255, 0])
        #expect(try gaps(256) == [255, 1])
        #expect(try gaps(510) == [255, 255, 0])
    }

    @Test func whatHasNoSuchFormIsRefused() throws {
        let vector = Tensor(.float32, [3], [1, 0, 2] as [Float])
        let error = bantamError { _ = try Sparse(vector, as: .csr) }
        #expect(error?.kind == .invalidArgument)
        #expect(error?.message == "csr needs a matrix: expected rank 2 or more, found shape 3")
        let nibbles = Tensor(
            .float4, [2, 2], Storage(byteCount: 2) { $0.initializeMemory(as: UInt8.self, repeating: 0) })
        #expect(bantamError { _ = try Sparse(nibbles, as: .bitmask) }?.kind == .compatibility)
    }
}
