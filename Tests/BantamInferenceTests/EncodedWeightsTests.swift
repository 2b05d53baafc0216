import BantamEncodings
import BantamInference
import BantamTensors
import BantamTestSupport
import Testing

/// Encoded weights, decoded first or used as they are: the outputs differ by float32 rounding only.
///
/// Bound: 2⁻¹⁸ of the largest output. Both ways sum the same at most 800 products of float32 in another order.
@Suite struct EncodedWeightsTests {
    private static let bound: Float = 0x1p-18

    /// A tensor of small integers and zeros as codes, with a scale for each channel.
    private func quantized(_ shape: Shape, sparse: Bool, groups: Int? = nil, zeroPoints: Bool = false) throws
        -> Encoding
    {
        let codes = normal(shape, seed: 5).withElements(as: Float.self) { values in
            Tensor(.int8, shape, values.map { $0.magnitude < 1 ? 0 : Int8(max(-127, min(127, $0 * 40))) })
        }
        let granularity: Quantized.Granularity = groups.map { .group($0) } ?? .channel
        let scaleShape = granularity.scaleShape(of: shape)
        let scales = normal(scaleShape, seed: 6).withElements(as: Float.self) { values in
            Tensor(.float32, scaleShape, values.map { 0.001 + $0.magnitude / 100 })
        }
        let points = Tensor(.int8, scaleShape, (0..<scaleShape.elementCount).map { Int8($0 % 7) - 3 })
        return .quantized(
            Quantized(
                codes: sparse ? .sparse(try Sparse(codes, as: .csr)) : .dense(codes), scales: scales,
                zeroPoints: zeroPoints ? points : nil, granularity: granularity))
    }

    /// Three quarters of the elements are zero.
    private func pruned(_ shape: Shape) -> Tensor {
        normal(shape, seed: 4).withElements(as: Float.self) { values in
            Tensor(.float32, shape, values.map { $0.magnitude < 1.15 ? 0 : $0 })
        }
    }

    /// A weight `[out, …]` in every form it may come in.
    private func encodings(_ shape: Shape) throws -> [(String, Encoding)] {
        let (rows, columns) = shape.matrixForm!
        let factors = (normal([rows, 5], seed: 8), normal([5, columns], seed: 9, scale: 0.3))
        let sparseLeft = Encoding.sparse(try Sparse(pruned([rows, 5]), as: .csr))
        let half = try pruned(shape).float32(roundedTo: .float16)
        return [
            ("csr", .sparse(try Sparse(pruned(shape), as: .csr))),
            ("bitmask", .sparse(try Sparse(pruned(shape), as: .bitmask))),
            ("relative", .sparse(try Sparse(pruned(shape), as: .relative))),
            ("csr of float16", .sparse(try Sparse(half, as: .csr))),
            ("quantized", try quantized(shape, sparse: false)),
            ("quantized with zero points", try quantized(shape, sparse: false, zeroPoints: true)),
            ("quantized csr", try quantized(shape, sparse: true)),
            ("quantized csr by groups", try quantized(shape, sparse: true, groups: 4)),
            ("quantized csr with zero points", try quantized(shape, sparse: true, zeroPoints: true)),
            ("low rank", .lowRank(LowRank(shape: shape, left: .dense(factors.0), right: .dense(factors.1)))),
            (
                "low rank with a sparse left",
                .lowRank(LowRank(shape: shape, left: sparseLeft, right: .dense(factors.1)))
            ),
            (
                "low rank with a quantized right",
                .lowRank(
                    LowRank(
                        shape: shape, left: .dense(factors.0),
                        right: try quantized([5, columns], sparse: true)))
            ),
        ]
    }

    private func compare(_ yaml: String, _ shape: Shape, inputs: Tensor) throws {
        let network = try Network(yaml: yaml, file: "n.yaml")
        for (name, encoding) in try encodings(shape) {
            let lookup: (String) throws -> Encoding? = {
                $0 == "w" ? encoding : .dense(normal([$0 == "b" ? 9 : 0], seed: 3))
            }
            let plain = try encoding.decoded(workers: .one).float32()
            let expected = try network.bound { $0 == "w" ? .dense(plain) : try lookup($0) }.run(
                inputs: inputs)
            let decoded = try network.bound(to: lookup).run(inputs: inputs)
            #expect(decoded.array(as: UInt32.self) == expected.array(as: UInt32.self), "\(name)")
            let model = try network.bound(to: lookup, execution: .direct)
            let direct = try model.run(inputs: inputs)
            #expect(direct.shape == expected.shape, "\(name)")
            #expect(distance(direct, from: expected) <= EncodedWeightsTests.bound, "\(name)")
            let threads = try model.run(inputs: inputs, workers: Workers(4)).array(as: UInt32.self)
            #expect(try model.run(inputs: inputs, workers: .one).array(as: UInt32.self) == threads, "\(name)")
        }
    }

    @Test func linear() throws {
        try compare(
            "input: [37]\nlayers: [linear: {weight: w, bias: b}]", [9, 37],
            inputs: normal([150, 37], seed: 1))
    }

    @Test func linearOnSequences() throws {
        try compare(
            "input: [7, 800]\nlayers: [linear: {weight: w}, gelu]", [9, 800],
            inputs: normal([3, 7, 800], seed: 1))
    }

    @Test func convolution() throws {
        try compare(
            "input: [3, 11, 10]\nlayers: [conv2d: {weight: w, bias: b, padding: 1, stride: [1, 2]}]",
            [9, 3, 3, 3],
            inputs: normal([4, 3, 11, 10], seed: 1))
    }

    @Test func pointwiseConvolution() throws {
        try compare(
            "input: [16, 9, 9]\nlayers: [conv2d: {weight: w, bias: b}]", [9, 16, 1, 1],
            inputs: normal([4, 16, 9, 9], seed: 1))
    }

    @Test func groupsAreDecoded() throws {
        try compare(
            "input: [6, 9, 9]\nlayers: [conv2d: {weight: w, bias: b, groups: 3}]", [9, 2, 3, 3],
            inputs: normal([4, 6, 9, 9], seed: 1))
    }

    @Test func embeddingIsDecoded() throws {
        try compare(
            "input: [5]\nlayers: [embedding: {weight: w}, mean_pool]", [40, 12],
            inputs: Tensor(.int32, [4, 5], (0..<20).map { Int32($0 * 2) }))
    }

    @Test func partsThatDoNotFitAreNamed() throws {
        let network = try Network(yaml: "input: [4]\nlayers: [linear: {weight: w}]", file: "n.yaml")
        let codes = Encoding.sparse(
            try Sparse(Tensor(.int8, [3, 4], [Int8](repeating: 1, count: 12)), as: .csr))
        let parts: [Encoding] = [
            .lowRank(
                LowRank(
                    shape: [3, 4], left: .dense(normal([2, 2], seed: 1)),
                    right: .dense(normal([2, 4], seed: 1)))),
            .lowRank(
                LowRank(
                    shape: [3, 4], left: .dense(normal([3, 2], seed: 1)),
                    right: .dense(normal([3, 4], seed: 1)))),
            .quantized(
                Quantized(codes: codes, scales: normal([2], seed: 1), zeroPoints: nil, granularity: .channel)),
        ]
        for encoding in parts {
            let error = bantamError { _ = try network.bound(to: { _ in encoding }, execution: .direct) }
            #expect(error?.kind == .corruption && error?.tensor == "w" && error?.file == "n.yaml")
            #expect(error?.message.hasPrefix("line 2: layer 1 (linear): expected ") == true)
        }
    }
}
