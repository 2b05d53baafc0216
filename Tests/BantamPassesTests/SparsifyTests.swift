import BantamEncodings
import BantamPasses
import BantamTensors
import BantamTestSupport
import Testing

@Suite struct SparsifyTests {
    /// Stores every array as it is, uncoded.
    static let context = PassContext(workers: .one) { encoding in try bytes(encoding) }

    static func bytes(_ encoding: Encoding) throws -> Int {
        switch encoding {
        case .dense(let tensor): tensor.byteCount
        case .sparse(let sparse): try bytes(sparse.values) + sparse.positions.byteCount
        case .quantized(let quantized):
            try bytes(quantized.codes) + quantized.scales.byteCount + (quantized.zeroPoints?.byteCount ?? 0)
        case .palettized(let palettized): try bytes(palettized.codes) + palettized.codebook.byteCount
        case .lowRank(let lowRank): try bytes(lowRank.left) + bytes(lowRank.right)
        case .trellisCoded(let coded): coded.indices.byteCount + coded.tables.byteCount
        }
    }

    /// One element in `step` is not zero.
    private func tensor(_ shape: Shape, every step: Int) -> Tensor {
        Tensor(.float32, shape, (0..<shape.elementCount).map { $0 % step == 0 ? Float($0 + 1) : 0 })
    }

    @Test(arguments: [Sparsify.Format.csr, .bitmask, .relative])
    func theFormatAskedForIsTaken(format: Sparsify.Format) throws {
        let tensor = tensor([20, 50], every: 5)
        let result = try Sparsify(format).apply(to: .dense(tensor), Self.context)
        #expect(result.encoding.summary == format.rawValue && result.notes.isEmpty)
        #expect(
            try result.encoding.decoded(workers: .one).array(as: Float.self) == tensor.array(as: Float.self))
    }

    @Test func autoTakesTheSmallestAndSaysSo() throws {
        // By hand, beside 4 bytes a value: csr 1 a value and 21 pointers of 1 or 2, bitmask 125, relative 1 a value.
        for (step, expected) in [
            (5, "chose bitmask, bytes stored: dense 4000, csr ~1021, bitmask 925, relative ~1000"),
            (100, "chose relative, bytes stored: dense 4000, csr ~71, bitmask ~165, relative 50"),
            (1, "kept dense, bytes stored: dense 4000, csr ~5042, bitmask 4125, relative ~5000"),
        ] {
            let tensor = tensor([20, 50], every: step)
            let result = try Sparsify(.auto).apply(to: .dense(tensor), Self.context)
            #expect(result.notes == ["sparse: " + expected])
            #expect(
                try result.encoding.decoded(workers: .one).array(as: Float.self)
                    == tensor.array(as: Float.self))
        }
    }

    @Test func autoAsksForStoredBytes() throws {
        let onlyCSR = PassContext(workers: .one) { $0.summary == "csr" ? 1 : 2 }
        let result = try Sparsify(.auto).apply(to: .dense(tensor([20, 50], every: 5)), onlyCSR)
        #expect(result.encoding.summary == "csr")
    }

    @Test func vectorsHaveNoRows() throws {
        let tensor = tensor([1000], every: 10)
        let error = bantamError { _ = try Sparsify(.csr).apply(to: .dense(tensor), Self.context) }
        #expect(error?.kind == .invalidArgument)
        let result = try Sparsify(.auto).apply(to: .dense(tensor), Self.context)
        #expect(
            result.notes == ["sparse: chose relative, bytes stored: dense 4000, bitmask ~525, relative 500"])
        #expect(try Sparsify(.bitmask).apply(to: .dense(tensor), Self.context).encoding.summary == "bitmask")
    }

    @Test func whatWouldGrowStaysDense() throws {
        let result = try Sparsify(.csr).apply(to: .dense(tensor([20, 50], every: 1)), Self.context)
        #expect(result.encoding.summary == "float32")
        #expect(result.notes == ["sparse: kept dense, csr would take 5042 bytes and dense takes 4000"])
    }

    @Test func codesBecomeSparse() throws {
        let codes = Tensor(.int8, [10, 40], (0..<400).map { $0 % 8 == 0 ? Int8($0 % 100 - 50) : 0 })
        let scales = Tensor(.float32, [10], (0..<10).map { Float($0 + 1) })
        for zeros in [nil, Tensor(.int8, [10], [Int8](repeating: 0, count: 10))] {
            let quantized = Quantized(
                codes: .dense(codes), scales: scales, zeroPoints: zeros, granularity: .channel)
            let before = try quantized.decoded(workers: .one).array(as: Float.self)
            for format in Sparsify.Format.allCases {
                let result = try Sparsify(format).apply(to: .quantized(quantized), Self.context)
                #expect(result.encoding.summary.hasPrefix("quantized>"))
                #expect(try result.encoding.decoded(workers: .one).array(as: Float.self) == before)
            }
        }
    }

    @Test func shiftedZerosAreRefused() throws {
        let codes = Tensor(.int8, [2, 2], [1, 2, 3, 4] as [Int8])
        let quantized = Quantized(
            codes: .dense(codes), scales: Tensor(.float32, [], [1] as [Float]),
            zeroPoints: Tensor(.int8, [], [3] as [Int8]), granularity: .tensor)
        let error = bantamError { _ = try Sparsify(.auto).apply(to: .quantized(quantized), Self.context) }
        #expect(error?.kind == .invalidArgument)
        #expect(error?.message.contains("scheme symmetric") == true)
    }

    @Test func factorsOneByOne() throws {
        let lowRank = LowRank(
            shape: [20, 50], left: .dense(tensor([20, 10], every: 7)),
            right: .dense(tensor([10, 50], every: 1)))
        let result = try Sparsify(.csr).apply(to: .lowRank(lowRank), Self.context)
        guard case .lowRank(let factors) = result.encoding else { return #expect(Bool(false)) }
        #expect(factors.left.summary == "csr" && factors.right.summary == "float32")
        #expect(
            result.notes == [
                "right factor: sparse: kept dense, csr would take 2522 bytes and dense takes 2000"
            ])
        #expect(
            try result.encoding.decoded(workers: .one).array(as: Float.self)
                == lowRank.decoded(workers: .one).array(as: Float.self))
    }

    @Test func onceIsEnough() throws {
        let sparse = try Sparsify(.csr).apply(to: .dense(tensor([20, 50], every: 5)), Self.context).encoding
        #expect(
            bantamError { _ = try Sparsify(.csr).apply(to: sparse, Self.context) }?.kind == .invalidArgument)
    }

    /// Estimates rank the sparse formats; against staying dense only true bytes count.
    @Test func estimatesOnlyRankFormats() throws {
        let tensor = Tensor(.float32, [1000], (0..<1000).map { Float($0 % 10 == 0 ? 1 : 0) })
        func result(stored: Int) throws -> PassResult {
            let context = PassContext(
                workers: .one,
                storedBytes: { if case .dense = $0 { 100 } else { stored } },
                estimatedBytes: { $0.summary == "bitmask" ? 10 : 20 })
            return try Sparsify(.auto).apply(to: .dense(tensor), context)
        }
        #expect(try result(stored: 99).encoding.summary == "bitmask")
        #expect(try result(stored: 99).notes[0].hasSuffix("dense 100, bitmask 99, relative ~20"))
        #expect(try result(stored: 101).encoding.summary == "float32")
    }
}
