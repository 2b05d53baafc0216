import BantamEncodings
import BantamPasses
import BantamTestSupport
import BantamTensors
import Testing

/// Ranking many tensors together against sorting all their values.
@Suite struct GlobalPruningTests {
    static let groups: [(name: String, tensors: [Tensor])] = {
        func tensor(_ values: [Float], _ dtype: DType = .float32) -> Tensor {
            let tensor = Tensor(.float32, [values.count], values)
            return (try? tensor.float32(roundedTo: dtype)) ?? tensor
        }
        let ties = normals(300).map { ($0 * 2).rounded() }
        return [
            ("none", []), ("empty", [tensor([]), tensor([])]), ("one", [tensor(normals(101))]),
            (
                "scales",
                (0..<5).map { scale in tensor(normals(77, seed: UInt64(scale)).map { $0 * Float(scale) }) }
            ),
            ("ties", [tensor(ties), tensor([]), tensor(ties.reversed()), tensor([1, -1, 0, -0.0, 1])]),
            (
                "types",
                [
                    tensor(ties), tensor(normals(200), .float16), tensor(normals(99), .bfloat16),
                    tensor(ties, .float8E4M3),
                ]
            ),
            (
                "float64",
                [
                    tensor(normals(100)), tensor(normals(100), .float64),
                    Tensor(.float64, [2], [1 + 0x1p-52, 1.0]),
                ]
            ),
            ("NaN", [tensor([.nan, 1, .infinity]), tensor([-.nan, 0, 2])]),
            (
                "long",
                [tensor(normals(70_000)), tensor(normals(66_000, seed: 2).map { ($0 * 50).rounded() })]
            ),
        ]
    }()

    @Test(arguments: [0, 0.1, 1.0 / 3, 0.5, 0.9, 1]) func likeSorting(sparsity: Double) throws {
        for (name, tensors) in GlobalPruningTests.groups {
            let all = tensors.flatMap(\.doubles)
            let total = Int((sparsity * Double(all.count)).rounded(.toNearestOrEven))
            var expected = [Int](repeating: 0, count: tensors.count)
            let owners = tensors.enumerated().flatMap { [Int](repeating: $0, count: $1.elementCount) }
            for index in PruneTests.order(all).prefix(total) { expected[owners[index]] += 1 }
            var open = 0
            let found = try GlobalPruning.zeros(sparsity: sparsity, tensors: tensors.count) {
                open += 1
                return tensors[$0]
            }
            #expect(found == expected, "\(name)")
            #expect(open <= 6 * tensors.count, "\(name)")
            // And the tensors together then have as many zeros, if there were not more.
            let zeros = try zip(tensors, found).reduce(0) { sum, pair in
                let pruned = try Prune(.zeros(pair.1)).apply(to: .dense(pair.0), context()).encoding
                return try sum + pruned.decoded(workers: .one).doubles.count { $0 == 0 }
            }
            #expect(zeros == max(total, all.count { $0 == 0 }), "\(name)")
        }
    }

    @Test func faultsAreThrown() throws {
        #expect(
            bantamError {
                _ = try GlobalPruning.zeros(sparsity: 2, tensors: 0) { _ in throw CancellationError() }
            }?
            .message == "expected a sparsity from 0 to 1, found 2.0")
        let integers = Tensor(.int32, [1], [1] as [Int32])
        #expect(
            bantamError { _ = try GlobalPruning.zeros(sparsity: 0.5, tensors: 1) { _ in integers } }?.message
                == "expected a float tensor, found int32")
        #expect(throws: CancellationError.self) {
            try GlobalPruning.zeros(sparsity: 0.5, tensors: 1) { _ in throw CancellationError() }
        }
    }
}
