import BantamCoding
import BantamEvaluator
import BantamTensors
import Testing

/// What a benchmark says, but for the speeds, which are only asked to be some.
@Suite struct CoderBenchmarkTests {
    /// Numbers that a coder gets a hold on, the same in every run.
    private static func weights(_ dtype: DType, _ shape: Shape) -> Tensor {
        let width = dtype.bitWidth / 8
        var state: UInt64 = 1
        return Tensor(
            dtype, shape,
            Storage(byteCount: shape.elementCount * width) { bytes in
                for index in bytes.indices {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    let isTop = index % width == width - 1
                    bytes[index] =
                        isTop ? 60 + UInt8((state >> 60).trailingZeroBitCount & 3) : UInt8(state >> 56)
                }
            })
    }

    private let file = MemoryFile(
        "weights",
        [
            ("a", weights(.bfloat16, [500, 300])), ("b", weights(.bfloat16, [77])),
            ("c", weights(.uint8, [3000])), ("empty", Tensor(.bfloat16, [0, 3], [UInt16]())),
            ("d", weights(.float32, [1, 5000])),
        ])

    private func benchmark(_ coders: String..., threads: [Int] = [1, 3]) throws -> CoderBenchmark {
        var benchmark = CoderBenchmark(coders: try coders.map { try #require(try Coders.named($0)) })
        benchmark.threadCounts = threads
        benchmark.minimumTime = 0
        return benchmark
    }

    @Test func aRowForEachCoderDTypeAndNumberOfThreads() throws {
        let rows = try benchmark("fast", "zstd", "lz4").run(file)
        #expect(rows.count == 3 * 3 * 2)
        #expect(Set(rows.map(\.dtype)) == [.bfloat16, .uint8, .float32])
        #expect(Set(rows.map(\.threads)) == [1, 3])
        for row in rows {
            for speed in [row.encodeSpeed, row.decodeSpeed, row.checkedDecodeSpeed, row.freshDecodeSpeed] {
                #expect(speed > 0 && speed.isFinite)
            }
        }
    }

    @Test func ratioAndBoundAreThoseOfTheTensors() throws {
        let row = try #require(try benchmark("fast").run(file).first { $0.dtype == .bfloat16 })
        var stored = 0
        var entropy = ElementEntropy(.bfloat16)
        for tensor in file.tensors where tensor.dtype == .bfloat16 {
            let coded = try CodedArray(
                coding: tensor.storage.bytes, of: .bfloat16, with: FastCoder(),
                columns: tensor.shape.codedColumns, workers: .one)
            stored += coded?.byteCount ?? tensor.byteCount
            entropy.add(tensor)
        }
        #expect(row.totalByteCount == 2 * (500 * 300 + 77))
        #expect(row.byteCount == row.totalByteCount)
        #expect(row.ratio == Double(stored) / Double(row.totalByteCount))
        #expect(row.bound == entropy.value / 16)
        #expect(row.ratio > row.bound)
    }

    /// What a container would only make larger stands plain, as in a file.
    @Test func tinyArraysCountAsPlain() throws {
        let tiny = MemoryFile("tiny", [("a", Tensor(.uint8, [3], [1, 2, 3] as [UInt8]))])
        for row in try benchmark("max", "zlib", "lz4", "zstd", threads: [1]).run(tiny) {
            #expect(row.ratio == 1, "\(row.coder)")
        }
    }

    @Test func aLimitLeavesPieces() throws {
        let wide = MemoryFile(
            "wide", [("a", Self.weights(.float32, [3000, 1000])), ("b", Self.weights(.float32, [1 << 20]))])
        var benchmark = try benchmark("fast", threads: [2])
        benchmark.byteLimit = 4 << 20
        let row = try #require(try benchmark.run(wide).first)
        #expect(row.totalByteCount == 4 * (3_000_000 + 1 << 20))
        // Four pieces of about a MiB: whole rows of the matrix, elements of the vector.
        #expect(row.byteCount > 3 << 20 && row.byteCount <= 4 << 20)
    }

    @Test func theJSONHasTheKeysOfTheContract() throws {
        let json = CoderBenchmark.json(try benchmark("zstd:3").run(file))
        let rows = try #require(json.arrayValue)
        #expect(rows.count == 6)
        for row in rows {
            #expect(row["coder"]?.stringValue == "zstd:3")
            for key in ["dtype", "threads", "ratio", "bound", "encode_gbps", "decode_gbps"] {
                #expect(row[key] != nil, "\(key)")
            }
        }
    }

    @Test func aCoderThatLosesSomethingIsFound() throws {
        var benchmark = try benchmark("fast")
        benchmark.coders = [Forgetful()]
        let error = #expect(throws: BantamError.self) { try benchmark.run(file) }
        #expect(error?.kind == .internal)
    }

    @Test func everyCoderIsThereByDefault() {
        #expect(CoderBenchmark().coders.map(\.name) == Coders.names)
    }

    @Test func narrowing() throws {
        let values: [Float] = [1, -2, 0.5, 4, 0, 3, 0, 0, 0]
        let source = MemoryFile(
            "values",
            [("w", Tensor(.float32, [3, 3], values)), ("i", Tensor(.int8, [2], [1, 2] as [Int8]))])
        let int8 = NarrowedFile(source, as: .int8)
        #expect(int8.entries.map(\.name) == ["w"])
        // 63.5 and 31.75: ties to even.
        #expect(try int8.tensor(at: 0).array(as: Int8.self) == [64, -127, 32, 127, 0, 95, 0, 0, 0])
        let fp8 = try NarrowedFile(source, as: .fp8).tensor(at: 0).float32().array(as: Float.self)
        #expect(fp8 == [224, -448, 112, 448, 0, 320, 0, 0, 0])
        let bf16 = try NarrowedFile(source, as: .bf16).tensor(at: 0)
        #expect(try bf16.float32().array(as: Float.self) == values)
    }
}

/// Stores the first byte of a block only.
private struct Forgetful: Coder {
    let name = "forgetful"
    let identifier: UInt8 = 6
    let maximumExpansion = 1 << 20
    let decodingCost = DecodingCost.memory
    func arrangements(of dtype: DType) -> [Arrangement] { [.plain] }
    func encode(_ block: UnsafeRawBufferPointer, _ context: BlockContext) throws -> [UInt8]? {
        // A pattern that `fast` repeats: a block of the right size and the wrong bytes.
        block.count >= 34 ? [0] + block.prefix(32) : nil
    }
    func decode(
        _ bytes: UnsafeRawBufferPointer, _ context: BlockContext, into block: UnsafeMutableRawBufferPointer
    ) throws { preconditionFailure("found by its number, which is that of fast") }
}
