import BantamArchive
import BantamLoaders
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// `--quantize` of few bits, `--palettize` and their options, from compress to decompress, against a slow reference.
@Suite struct LowBitCommandTests {
    /// Outliers in some rows, columns that no group length divides.
    private static let matrix: LowBitReference = {
        var generator = SeededGenerator(seed: 31)
        let (rows, columns) = (14, 75)
        return LowBitReference(
            rows: rows, columns: columns,
            values: (0..<rows * columns).map {
                generator.normal() * ($0 / columns % 5 == 2 && $0 % 9 == 0 ? 8 : 1) + 0.3
            })
    }()
    private static let bias = (0..<14).map { Float($0) / 7 }

    /// The matrix twice, once with opposite signs, and a vector.
    private func model(in folder: URL) throws -> String {
        let path = folder.appendingPathComponent("model.safetensors").path
        let shape: Shape = [Self.matrix.rows, Self.matrix.columns]
        let tensors = [
            ("a", Tensor(.float32, shape, Self.matrix.values)),
            ("b", Tensor(.float32, shape, Self.matrix.values.map { -$0 })),
            ("bias", Tensor(.float32, [Self.bias.count], Self.bias)),
        ]
        try SafetensorsWriter.write(
            TensorSource(tensors.map { TensorEntry(name: $0.0, dtype: $0.1.dtype, shape: $0.1.shape) }) {
                tensors[$0].1
            }, to: path)
        return path
    }

    /// The tensors after compress, verify and decompress, with either coding, and what compress said.
    private func restored(_ arguments: [String], _ check: (_ name: String, _ values: [Float]) -> Void) throws
    {
        try withTemporaryFolder { (folder: URL) throws in
            let model = try model(in: folder)
            for coding in ["none", "auto"] {
                let (small, back) = (folder.file("small-\(coding).safetensors"), folder.file("\(coding).npz"))
                let run = try Bantam.run(["compress", model, small, "--coding", coding] + arguments)
                try #require(run.status == 0, "\(arguments): \(run.errors)")
                // A vector is kept, and nothing is silent.
                #expect(run.errors.contains("bias: kept: no rule matches it"), "\(run.errors)")
                let verified = try Bantam.run("verify", small)
                #expect(verified.status == 0, "\(verified.errors)")
                #expect(try Bantam.run("decompress", small, back).status == 0)
                let file = try TensorFiles.open(back)
                #expect(file.entries.map(\.name) == ["a", "b", "bias"])
                for (index, entry) in file.entries.enumerated() {
                    let tensor = try file.tensor(at: index)
                    #expect(entry.dtype == .float32)
                    let values = tensor.array(as: Float.self)
                    if entry.name == "bias" {
                        #expect(values == Self.bias)
                    } else {
                        check(entry.name, values)
                    }
                }
            }
        }
    }

    /// Compares `a` with a reference, `b` with the same of the opposite numbers.
    private func expect(_ arguments: [String], like reference: (LowBitReference) -> [Float]) throws {
        let opposite = LowBitReference(
            rows: Self.matrix.rows, columns: Self.matrix.columns, values: Self.matrix.values.map { -$0 })
        let expected = [reference(Self.matrix), reference(opposite)]
        try restored(arguments) { name, values in
            let differing = zip(values, expected[name == "a" ? 0 : 1]).count { $0 != $1 }
            #expect(differing == 0, "\(arguments): \(differing) elements of \(name)")
        }
    }

    @Test(arguments: [
        (2, "tensor"), (3, "channel"), (4, "group:16"), (4, "channel"), (5, "group:7"), (6, "tensor"),
        (7, "group:16"), (8, "group:7"),
    ])
    func symmetricCodes(bits: Int, granularity: String) throws {
        try expect(["--quantize", "\(bits)", "--granularity", granularity]) {
            $0.symmetric(bits, granularity)
        }
    }

    @Test(arguments: [2, 3, 5, 8]) func affineCodes(bits: Int) throws {
        for granularity in ["tensor", "group:16"] {
            try expect(["--quantize", "\(bits)", "--granularity", granularity, "--scheme", "affine"]) {
                $0.affine(bits, granularity)
            }
        }
    }

    @Test func narrowScalesAndPercentiles() throws {
        try expect(["--quantize", "4", "--granularity", "group:16", "--scales", "float16"]) {
            $0.symmetric(4, "group:16", halfScales: true)
        }
        try expect(["--quantize", "5", "--range", "percentile:97.5"]) {
            $0.symmetric(5, "channel", percentile: 97.5)
        }
        try expect([
            "--quantize", "3", "--granularity", "tensor", "--range", "percentile:90", "--scales", "float16",
        ]) {
            $0.symmetric(3, "tensor", halfScales: true, percentile: 90)
        }
    }

    @Test func fixedLevels() throws {
        // Of e4m3 the last pattern is no number, of e5m2 the last four.
        let e4m3 = LowBitReference.float8(exponentBits: 4, count: 127)
        let e5m2 = LowBitReference.float8(exponentBits: 5, count: 124)
        for name in ["fp8", "e4m3"] { try expect(["--quantize", name]) { $0.levels(e4m3, "channel") } }
        try expect(["--quantize", "e5m2", "--granularity", "tensor"]) { $0.levels(e5m2, "tensor") }
        try expect(["--quantize", "nf4"]) { $0.levels(LowBitReference.normal, "group:64") }
        try expect(["--quantize", "nf4", "--granularity", "group:10"]) {
            $0.levels(LowBitReference.normal, "group:10")
        }
    }

    /// Squared errors never above those of the full range, and for mse below all that a scan of ranges finds.
    @Test func rangesOfLeastError() throws {
        let matrix = Self.matrix
        let scanned = stride(from: 60.0, through: 100, by: 0.5).map {
            LowBitReference.squaredError(matrix.values, matrix.symmetric(3, "channel", percentile: $0))
        }.min()!
        try restored(["--quantize", "3", "--range", "mse"]) { name, values in
            let sign: Float = name == "a" ? 1 : -1
            #expect(LowBitReference.squaredError(matrix.values, values.map { $0 * sign }) <= scanned)
        }
        // What diverges the least is clipped to one magnitude: no value is beyond it, none has changed its sign.
        try restored(["--quantize", "8", "--granularity", "tensor", "--range", "kl"]) { name, values in
            let sign: Float = name == "a" ? 1 : -1
            #expect(Set(values).count <= 256)
            #expect(zip(values, matrix.values).allSatisfy { $0 * sign * $1 >= 0 })
        }
    }

    /// Whatever the rows come back as, rotated by the definition they are codes times a scale.
    @Test(arguments: [2, 4, 8]) func rotatedRows(bits: Int) throws {
        let matrix = Self.matrix
        let expected = matrix.rotated(matrix.values, seed: 0)
        try restored(["--quantize", "\(bits)", "--rotate", "hadamard"]) { name, values in
            let sign: Float = name == "a" ? 1 : -1
            let found = matrix.rotated(values.map { $0 * sign }, seed: 0)
            for run in matrix.runs("channel") {
                let scale = expected[run].map(\.magnitude).max()! / Double(1 << (bits - 1) - 1)
                for index in run {
                    let code = found[index] / scale
                    #expect(abs(code - code.rounded()) < 1e-3, "\(name) \(index)")
                    #expect(abs(found[index] - expected[index]) <= scale * 0.501, "\(name) \(index)")
                }
            }
        }
    }

    /// What is sparse stays sparse under codes of few bits, and the rest is as far off as half a step.
    @Test(arguments: ["csr", "bitmask", "relative", "auto"]) func sparseCodes(format: String) throws {
        let values = Self.matrix.values
        let pruned = values.count * 7 / 10
        let threshold = values.map(\.magnitude).sorted()[pruned]
        let steps = Self.matrix.runs("channel").map { values[$0].map(\.magnitude).max()! / 7 }
        try restored(["--prune", "0.7", "--quantize", "4", "--sparse", format]) { name, found in
            let sign: Float = name == "a" ? 1 : -1
            for (index, (value, result)) in zip(values, found).enumerated() {
                let step = steps[index / Self.matrix.columns]
                if value.magnitude < threshold {
                    #expect(result == 0)
                } else {
                    #expect(abs(value - result * sign) <= step * 0.50001)
                }
            }
        }
    }

    @Test func palettes() throws {
        let matrix = Self.matrix
        let sign: (String) -> Float = { $0 == "a" ? 1 : -1 }
        let least = LowBitReference.leastSquaredError(of: matrix.values, sharing: 4)
        try restored(["--palettize", "4"]) { name, values in
            #expect(Set(values).count == 4)
            let error = LowBitReference.squaredError(matrix.values, values.map { $0 * sign(name) })
            #expect(error >= least * (1 - 1e-6) && error <= least * (1 + 1e-6))
        }
        // Groups of four rows, the last of two, each with values of its own.
        try restored(["--palettize", "3", "--palette-scope", "rows:4"]) { name, values in
            for start in stride(from: 0, to: matrix.rows, by: 4) {
                let range = start * matrix.columns..<min(start + 4, matrix.rows) * matrix.columns
                let original = Array(matrix.values[range])
                let found = values[range].map { $0 * sign(name) }
                #expect(Set(found).count == 3)
                let least = LowBitReference.leastSquaredError(of: original, sharing: 3)
                let error = LowBitReference.squaredError(original, found)
                #expect(error >= least * (1 - 1e-6) && error <= least * (1 + 1e-6), "rows from \(start)")
            }
        }
        // Both tensors have the values of one palette.
        var shared: [String: Set<Float>] = [:]
        try restored(["--palettize", "6", "--palette-scope", "shared"]) { shared[$0] = Set($1) }
        #expect(shared.values.reduce(into: Set()) { $0.formUnion($1) }.count <= 6)
    }

    @Test func scalesOfScales() throws {
        // Of few scales none is quantized, and compress says so.
        try withTemporaryFolder { (folder: URL) throws in
            let model = try model(in: folder)
            let run = try Bantam.run(
                "compress", model, folder.file("small.safetensors"), "--quantize", "4", "--scales", "int8")
            #expect(run.status == 0)
            #expect(run.errors.contains("scales held as float16: 14 are too few to quantize them"))
        }
        // A code may be off by half a step of a scale that is off by an eighth at most.
        let matrix = Self.matrix
        try restored(["--quantize", "4", "--granularity", "group:2", "--scales", "int8"]) { name, values in
            let sign: Float = name == "a" ? 1 : -1
            for run in matrix.runs("group:2") {
                let scale = matrix.values[run].map(\.magnitude).max()! / 7
                for index in run {
                    let bound = scale * 1.125 / 2 + matrix.values[index].magnitude / 8
                    #expect(abs(matrix.values[index] - values[index] * sign) <= bound)
                }
            }
        }
    }
}
