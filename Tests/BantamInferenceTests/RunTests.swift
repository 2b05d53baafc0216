import BantamEncodings
import BantamInference
import BantamTensors
import BantamTestSupport
import Testing

/// What holds for any network: threads, dtypes, batches, faults in the data.
@Suite struct RunTests {
    private func network(_ input: String, _ layers: String) throws -> Model {
        try Network(yaml: "input: \(input)\nlayers: [\(layers)]", file: "n.yaml").bound { _ in
            .dense(normal([10, 4], seed: 2))
        }
    }

    @Test(arguments: ["small CNN", "residual MLP", "conv2d 11"])
    func anyNumberOfThreadsGivesTheSameBytes(name: String) throws {
        let reference = ReferenceCase.named(name)
        let model = try reference.model()
        let inputs = normal(Shape([517] + model.network.inputShape.axes), seed: 3)
        for batch in [nil, 7] {
            let bytes = try [1, 2, 4].map {
                try model.run(inputs: inputs, batch: batch, workers: Workers($0)).array(as: UInt32.self)
            }
            #expect(bytes[0] == bytes[1])
            #expect(bytes[0] == bytes[2])
        }
    }

    @Test func inputsOfAnyNumericTypeAreTheSame() throws {
        let model = try network("[4]", "linear: {weight: w}, tanh")
        let numbers = (0..<12).map { $0 % 5 }
        let expected = try model.run(inputs: Tensor(.float32, [3, 4], numbers.map(Float.init))).array(
            as: Float.self)
        let inputs = [
            Tensor(.float64, [3, 4], numbers.map(Double.init)),
            Tensor(.int64, [3, 4], numbers.map(Int64.init)),
            Tensor(.uint8, [3, 4], numbers.map(UInt8.init)), Tensor(.int16, [3, 4], numbers.map(Int16.init)),
            try Tensor(.float32, [3, 4], numbers.map(Float.init)).float32(roundedTo: .bfloat16),
        ]
        for inputs in inputs { #expect(try model.run(inputs: inputs).array(as: Float.self) == expected) }
    }

    @Test func idsOfAnyIntegerTypeAreTheSame() throws {
        let model = try network("[3]", "embedding: {weight: w}, mean_pool")
        let ids = [0, 9, 3, 3, 3, 1]
        let expected = try model.run(inputs: Tensor(.int64, [2, 3], ids.map(Int64.init))).array(
            as: Float.self)
        #expect(expected.count == 8)
        for inputs in [
            Tensor(.uint8, [2, 3], ids.map(UInt8.init)), Tensor(.int32, [2, 3], ids.map(Int32.init)),
        ] {
            #expect(try model.run(inputs: inputs).array(as: Float.self) == expected)
        }
    }

    @Test func idsOutOfRangeNameSampleAndId() throws {
        let model = try network("[2]", "embedding: {weight: w}")
        func message(_ inputs: Tensor) -> String? {
            bantamError { _ = try model.run(inputs: inputs, batch: 1) }?.message
        }
        #expect(
            message(Tensor(.int32, [3, 2], [0, 1, 2, 3, 4, 10] as [Int32]))
                == "sample 2: expected ids from 0 to 9 for layer 1 (embedding), found 10")
        #expect(
            message(Tensor(.int8, [3, 2], [0, 1, -1, 3, 4, 10] as [Int8]))
                == "sample 1: expected ids from 0 to 9 for layer 1 (embedding), found -1")
        #expect(message(Tensor(.uint64, [1, 2], [0, UInt64.max]))?.hasSuffix("found a larger one") == true)
        #expect(
            message(Tensor(.float32, [1, 2], [0, 1] as [Float]))
                == "expected integer ids for layer 1 (embedding), found float32")
    }

    @Test func inputsThatDoNotFitAreNamed() throws {
        let model = try network("[2, 4]", "linear: {weight: w}")
        func message(_ inputs: Tensor, batch: Int? = nil) -> String? {
            bantamError { _ = try model.run(inputs: inputs, batch: batch) }?.message
        }
        #expect(message(normal([3, 8], seed: 1)) == "expected N×2×4, found 3×8")
        #expect(message(normal([], seed: 1)) == "expected N×2×4, found scalar")
        #expect(
            message(Tensor(.complex64, [1, 2, 4], [Double](repeating: 0, count: 8)))
                == "expected numbers, found complex64")
        #expect(message(normal([3, 2, 4], seed: 1), batch: 0) == "expected a batch of at least 1, found 0")
        #expect(
            message(normal([3, 2, 4], seed: 1), batch: .max)?.hasPrefix("expected a batch of at most") == true
        )
    }

    @Test func noSamplesGiveNoOutputs() throws {
        let outputs = try network("[4]", "linear: {weight: w}").run(inputs: normal([0, 4], seed: 1))
        #expect(outputs.shape == [0, 10])
    }

    @Test func notANumberComesOutAsItGoesIn() throws {
        let values = Tensor(.float32, [1, 1, 2, 2], [1, .nan, 3, 2] as [Float])
        for layers in [
            "relu", "max_pool2d: {kernel: 2}", "avg_pool2d: {kernel: 2}", "flatten, softmax", "gelu",
        ] {
            let outputs = try network("[1, 2, 2]", layers).run(inputs: values).array(as: Float.self)
            #expect(outputs.contains { $0.isNaN })
        }
        let other = Tensor(.float32, [1, 1, 2, 2], [.infinity, -1, 3, -.infinity] as [Float])
        #expect(
            try network("[1, 2, 2]", "relu").run(inputs: other).array(as: Float.self) == [.infinity, 0, 3, 0])
    }

    @Test func argMaxIsTheFirstLargestAndNeverNotANumber() throws {
        let rows: [[Float]] = [
            [1, 3, 3], [.nan, 1, 2], [5, .nan, 2], [.nan, .nan, -.infinity], [.nan, .nan, .nan],
            [-.infinity, -.infinity, -1], [2, 2, 2], [1, 2, .nan],
        ]
        let outputs = Tensor(.float32, [rows.count, 3], rows.flatMap { $0 })
        #expect(try Predictions.classes(of: outputs) == [1, 2, 0, 2, 0, 2, 0, 1])
        #expect(
            bantamError { _ = try Predictions.classes(of: normal([4], seed: 1)) }?.kind == .invalidArgument)
    }
}
