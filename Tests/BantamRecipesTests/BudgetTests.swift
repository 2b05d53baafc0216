import BantamArchive
import BantamLoaders
import BantamRecipes
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

/// Rate–distortion quantization of whole models, judged by the files and what comes back from them.
@Suite struct BudgetTests {
    /// Tensors in memory that pose as an open file.
    struct Model: TensorFile {
        var path = "memory"
        var format = "memory"
        var tensors: [(name: String, tensor: Tensor)]
        var metadata: [(key: String, value: String)] = []
        var fileByteCount: Int { tensors.reduce(0) { $0 + $1.tensor.byteCount } }
        var entries: [TensorEntry] {
            tensors.map { TensorEntry(name: $0.name, dtype: $0.tensor.dtype, shape: $0.tensor.shape) }
        }
        func tensor(at index: Int) throws -> Tensor { tensors[index].tensor }
    }

    /// Three matrices of different scales, a bias and integers.
    static func model(_ dtype: DType = .float32) throws -> Model {
        func normals(_ shape: Shape, _ scale: Float, seed: UInt64) throws -> Tensor {
            var generator = SeededGenerator(seed: seed)
            let tensor = Tensor(
                .float32, shape, (0..<shape.elementCount).map { _ in generator.normal() * scale })
            return dtype == .float32 ? tensor : try tensor.float32(roundedTo: dtype)
        }
        return try Model(tensors: [
            ("a.weight", normals([64, 100], 1, seed: 1)), ("a.bias", normals([64], 1, seed: 2)),
            ("b.weight", normals([32, 8, 3, 3], 0.2, seed: 3)),
            ("c.weight", normals([60, 75], 5, seed: 4)),
            ("ids", Tensor(.int64, [16], [Int64.max] + (0..<15).map { Int64($0) << (3 * $0) })),
        ])
    }

    /// Runs a recipe: what became of the model, and the compressed file.
    private func run<Result>(
        _ yaml: String, _ model: Model, workers: Workers = Workers(),
        _ body: (Compression, CompressedFile) throws -> Result
    ) throws -> Result {
        try withTemporaryFolder { (folder: URL) throws in
            let path = folder.appendingPathComponent("small.safetensors").path
            let plan = try Plan(Recipe(yaml: yaml, file: "test"), for: model)
            let compression = try Compression(
                plan, of: model, to: OutputFile(path, overwriting: false), workers: workers)
            let file = try CompressedFile(path)
            try file.verify(workers: .one)
            return try body(compression, file)
        }
    }

    /// 10·log₁₀ of energy over squared error, over the tensors with these names.
    private func sqnr(_ model: Model, _ file: CompressedFile, _ names: Set<String>) throws -> Double {
        var (energy, error) = (0.0, 0.0)
        for (index, entry) in model.entries.enumerated() where names.contains(entry.name) {
            let original = try model.tensor(at: index).float32().array(as: Float.self)
            let back = try file.tensor(at: index).float32().array(as: Float.self)
            for (value, found) in zip(original, back) {
                energy += Double(value) * Double(value)
                error += (Double(value) - Double(found)) * (Double(value) - Double(found))
            }
        }
        return 10 * log10(energy / error)
    }

    private let matrices: Set = ["a.weight", "b.weight", "c.weight"]

    @Test(arguments: [12.6, 20], [DType.float32, .bfloat16])
    func aSignalToNoiseRatio(_ goal: Double, _ dtype: DType) throws {
        let model = try Self.model(dtype)
        try run("budget: {sqnr: \(goal), states: 8}", model) { compression, file in
            let found = try sqnr(model, file, matrices)
            #expect(abs(found - goal) < 0.1)
            let kinds = compression.outcomes.map { $0.encoding.prefix { $0 != ">" } }
            #expect(
                kinds == ["trellis", dtype == .float32 ? "float16" : "dense", "trellis", "trellis", "dense"])
            #expect(Set(compression.outcomes.compactMap(\.step)).count == 1)
            #expect(compression.budget?.note.hasPrefix("budget: \(goal) dB, reached ") == true)
        }
    }

    @Test(arguments: [3.5, 6]) func bitsPerWeight(_ goal: Double) throws {
        let model = try Self.model()
        try run("budget: {bpw: \(goal), states: 8}", model) { compression, file in
            let bits = 8 * Double(file.fileByteCount) / Double(compression.elementCount)
            #expect(abs(bits - goal) < 0.01 * goal)
            #expect(compression.byteCount == file.fileByteCount)
        }
    }

    @Test(arguments: [12.5, 25]) func aSizeIsNeverExceeded(_ percent: Double) throws {
        let model = try Self.model()
        try run("budget: {size: \(percent)%, states: 8}", model) { compression, file in
            let most = percent / 100 * Double(model.fileByteCount)
            #expect(Double(file.fileByteCount) <= most)
            #expect(Double(file.fileByteCount) > 0.97 * most)
        }
    }

    @Test(arguments: ["{bpw: 0.05}", "{bpw: 40}", "{size: 0.1%}", "{sqnr: 150}"])
    func whatCannotBeReached(_ budget: String) throws {
        let model = try Self.model()
        try withTemporaryFolder { (folder: URL) throws in
            let path = folder.appendingPathComponent("small.safetensors").path
            let plan = try Plan(Recipe(yaml: "budget: \(budget)", file: "test"), for: model)
            let error = try #require(
                bantamError {
                    _ = try Compression(plan, of: model, to: OutputFile(path, overwriting: false))
                })
            #expect(error.kind == .corruption && error.file == "test" && !error.message.contains("\n"))
            #expect(error.message.hasPrefix("budget: expected "), "\(error.message)")
            // Both ends of what is within reach; where the budget is above the one, that is the other.
            let words = error.message.split(separator: " ").map(String.init)
            let middle = try #require(words.lastIndex(of: "to"))
            let ends = [words[middle - 1], words[middle + 1]].compactMap { Double($0) }
            #expect(ends.count == 2 && ends[0] < ends[1] && words[middle - 2] == "are", "\(error.message)")
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
        }
    }

    /// The finest step takes less than the file may have: so be it.
    @Test func moreRoomThanIsNeeded() throws {
        let model = try Self.model()
        try run("budget: {size: 99%, states: 8}", model) { compression, file in
            #expect(Double(file.fileByteCount) <= 0.99 * Double(model.fileByteCount))
            let found = try sqnr(model, file, matrices)
            #expect(found > 80)
            #expect(compression.budget?.note.contains(" of at most ") == true)
        }
    }

    /// Of few elements tables alone take more than the rate, whatever the step: the search went on to infinity.
    @Test func aRateBelowThatOfTheTables() throws {
        let model = try Self.model()
        let yaml = "rules:\n  - match: '*bias'\n    passes: [quantize: {rate: 0.1}]\n  - otherwise: keep\n"
        let plan = try Plan(Recipe(yaml: yaml, file: "test"), for: model)
        let error = bantamError { _ = try Estimate(plan, of: model, workers: .one) }
        #expect(error?.kind == .corruption)
        #expect(
            error?.message.contains("bits per weight, which are within reach, found 0.1") == true,
            "\(error?.message ?? "no error")")
    }

    /// Where tensors are smaller plain than quantized, files jump; then the next better one is taken.
    @Test(arguments: [54.0, 58, 120]) func nearPlainBfloat16(_ goal: Double) throws {
        let model = try Self.model(.bfloat16)
        try run("budget: {sqnr: \(goal), states: 8}", model) { compression, file in
            let found = try sqnr(model, file, matrices)
            #expect(found > goal - 0.1)
            let isPlain = compression.outcomes.contains {
                matrices.contains($0.tensor.name) && $0.encoding.hasPrefix("dense")
            }
            // Values that are rounded to bfloat16 jump a little, too.
            #expect(abs(found - goal) < 0.5 || isPlain, "\(found) dB")
            if found == .infinity {
                #expect(compression.budget?.note.contains("reached no loss at all") == true)
            }
        }
    }

    /// Nothing is lost where nothing is quantized.
    @Test func nothingToQuantize() throws {
        var model = try Self.model()
        model.tensors.removeAll { matrices.contains($0.name) }
        try run("budget: {sqnr: 30}", model) { compression, _ in
            #expect(compression.outcomes.allSatisfy { $0.step == nil })
        }
    }

    @Test(arguments: [
        ("rate", "0.001", "bits per weight"), ("rate", "31", "bits per weight"), ("sqnr", "140", "dB"),
    ])
    func aRuleThatCannotBeMet(_ goal: String, _ amount: String, _ unit: String) throws {
        let model = try Self.model()
        let yaml = "rules:\n  - match: c.weight\n    passes: [{quantize: {\(goal): \(amount), states: 8}}]\n"
        let error = try #require(bantamError { try run(yaml + "  - otherwise: keep", model) { _, _ in } })
        #expect(
            error.message.contains("\(unit), which are within reach, found \(Double(amount)!)"), "\(error)")
    }

    @Test func theSameBytesForAnyThreadsAndWithoutASearch() throws {
        let model = try Self.model()
        let yaml = "name: x\nbudget:\n  bpw: 3\n  states: 64\ncoding: auto\n"
        func bytes(
            _ yaml: String, _ workers: Workers
        ) throws -> (Data, (step: Float, trained: Float, note: String)?) {
            try run(yaml, model, workers: workers) { compression, file in
                (try Data(contentsOf: URL(fileURLWithPath: file.path)), compression.budget)
            }
        }
        let (first, found) = try bytes(yaml, .one)
        #expect(try bytes(yaml, Workers(3)).0 == first)
        let saved = try Recipe(yaml: yaml, file: "test").replaying(
            step: #require(found).step, trained: #require(found).trained)
        #expect(saved.hasPrefix("name: x\nbudget: {step: ") && saved.hasSuffix("states: 64}\ncoding: auto\n"))
        let (again, replayed) = try bytes(saved, Workers(2))
        #expect(again == first && replayed?.step == found?.step)
    }

    /// The step is 1/√weight times the common one; what a rule keeps or leaves to another pass is left alone.
    @Test func weightsAndOtherRules() throws {
        let model = try Self.model()
        let yaml = """
            budget: {sqnr: 25, states: 8}
            rules:
              - match: a.bias
                keep: true
              - match: c.weight
                passes: [{quantize: {weight: 4}}]
            """
        try run(yaml, model) { compression, file in
            let steps = compression.outcomes.map(\.step)
            let common = try #require(compression.budget?.step)
            #expect(steps == [common, nil, common, common / 2, nil])
            #expect(compression.outcomes[1].encoding.hasPrefix("dense"))
            let found = try sqnr(model, file, matrices)
            #expect(abs(found - 25) < 0.1)
        }
    }

    /// A rule's own goal is one for its tensors together.
    @Test func aRuleWithAGoal() throws {
        let model = try Self.model()
        let yaml = """
            rules:
              - match: ["a.weight", "b.weight"]
                passes: [{quantize: {sqnr: 20, states: 8}}]
              - match: "c.weight"
                passes: [{quantize: {rate: 2.5, states: 8}}]
              - otherwise: keep
            """
        try run(yaml, model) { compression, file in
            let found = try sqnr(model, file, ["a.weight", "b.weight"])
            #expect(abs(found - 20) < 0.1)
            #expect(abs(8 * Double(compression.outcomes[3].byteCount) / 4500 - 2.5) < 0.03)
            #expect(compression.outcomes[0].step == compression.outcomes[2].step)
            // Tables are stored with the first of the tensors that were trained together.
            let names = try SafetensorsFile(file.path).entries.map(\.name)
            #expect(
                names.filter { $0.hasSuffix(".tables") }.sorted() == ["a.weight.tables", "c.weight.tables"])
        }
    }

    @Test(arguments: ["local", "global"]) func prunedWeightsStayZero(_ scope: String) throws {
        let model = try Self.model()
        let yaml = """
            rules:
              - match: "*.weight"
                passes:
                  - prune: {sparsity: 0.7, scope: \(scope)}
                  - quantize: {rate: 1.8, states: 8}
              - otherwise: keep
            """
        try run(yaml, model) { compression, file in
            var zeros = 0
            for (index, name) in model.entries.map(\.name).enumerated() where matrices.contains(name) {
                let original = model.tensors[index].tensor.array(as: Float.self)
                let back = try file.tensor(at: index).array(as: Float.self)
                let largestZero = zip(original, back).filter { $1 == 0 }.map { abs($0.0) }.max() ?? 0
                zeros += back.count { $0 == 0 }
                // What is left has not moved further than weights do that are kept.
                #expect(zip(original, back).allSatisfy { $1 == 0 || abs($0) > 0.1 * largestZero })
            }
            let count = model.entries.filter { matrices.contains($0.name) }
                .reduce(0) { $0 + $1.shape.elementCount }
            #expect(zeros >= Int((0.7 * Double(count)).rounded()) - 2)
            #expect(compression.outcomes[0].encoding == "trellis")
        }
    }

    @Test func notANumber() throws {
        var model = try Self.model()
        var values = model.tensors[0].tensor.array(as: Float.self)
        values[7] = .nan
        model.tensors[0].tensor = Tensor(.float32, [64, 100], values)
        let rules = "budget: {sqnr: 20, states: 8}"
        let error = bantamError { try run(rules, model) { _, _ in } }
        #expect(error?.kind == .corruption && error?.tensor == "a.weight")
        try run("non-finite: keep\n" + rules, model) { compression, file in
            #expect(compression.outcomes[0].encoding.hasPrefix("dense"))
            #expect(compression.outcomes[0].notes.contains("not quantized: NaN or infinity"))
            let found = try sqnr(model, file, ["b.weight", "c.weight"])
            #expect(abs(found - 20) < 0.1)
        }
    }

    /// A plan knows the step and about the size beforehand.
    @Test func anEstimate() throws {
        let model = try Self.model()
        let plan = try Plan(Recipe(yaml: "budget: {bpw: 4, states: 8}", file: "test"), for: model)
        let estimate = try Estimate(plan, of: model)
        let elements = Double(model.entries.reduce(0) { $0 + $1.shape.elementCount })
        #expect(abs(8 * Double(estimate.byteCount) / elements - 4) < 0.2)
        let step = try #require(estimate.budget?.step)
        #expect(estimate.outcomes.map(\.step) == [step, nil, step, step, nil])
    }
}
