import BantamArchive
import BantamEvaluator
import BantamLoaders
import BantamRecipes
import BantamTensors
import BantamTestSupport
import Foundation
import Testing

@testable import BantamSearch

@Suite struct CurveMeasurementTests {
    /// Independent Gaussian weights, every row with a variance of its own, and a vector beside them.
    private func gaussian(rows: Int = 256, columns: Int = 256, spread: Double = 1) -> MemoryFile {
        var generator = SeededGenerator(seed: 11)
        let values = (0..<rows).flatMap { _ -> [Float] in
            let scale = Float(exp(spread * Double.random(in: -1...1, using: &generator)))
            return (0..<columns).map { _ in scale * generator.normal() }
        }
        return MemoryFile(
            path: "gaussian",
            tensors: [
                ("a", Tensor(.float32, [rows, columns], values)),
                ("bias", Tensor(.float32, [rows], [Float](repeating: 0.25, count: rows))),
            ])
    }

    private func curve(
        of file: MemoryFile, _ schemes: [CurveScheme] = CurveScheme.all, threads: Int = 2
    ) throws -> RateDistortionCurve {
        try withTemporaryFolder { folder in
            let curve = try CurveMeasurement(of: file, schemes: schemes, workers: Workers(threads))
                .run(triedBeside: folder.appendingPathComponent("x").path)
            // Trials have no names.
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
            return curve
        }
    }

    /// Three rates and one scheme of a fixed width are enough to know a curve by.
    private let few = CurveScheme.all.filter { ["6 dB", "24 dB", "42 dB", "int8"].contains($0.name) }

    @Test(arguments: [0.0, 1]) func nothingBeatsTheBoundForGaussianWeights(spread: Double) throws {
        let fixed = CurveScheme.all.filter { $0.kind == .fixedWidth && $0.name != "int8" }
        let curve = try curve(of: gaussian(spread: spread), few + fixed)
        #expect(curve.points.count == few.count + fixed.count && curve.notes.isEmpty)
        #expect(curve.matrixCount == 1 && curve.matrixElementCount == 256 * 256)
        for point in curve.points {
            let bits = curve.bitsPerWeight(point)
            let least = curve.boundBitsPerWeight(sqnr: curve.sqnr(point))
            #expect(bits > least, "\(point.name): \(bits), bound \(least)")
            // The trellis comes near; its file has a header and what tells rows apart.
            if point.kind == .rateDistortion {
                #expect(bits < least + 0.3, "\(point.name): \(bits), bound \(least)")
                let goal = try #require(Double(point.name.dropLast(3)))
                #expect(abs(curve.sqnr(point) - goal) < 0.3)
            }
        }
    }

    @Test func theLadderClimbs() {
        let goals = CurveScheme.all.filter { $0.kind == .rateDistortion }.map(\.name)
        #expect(goals == [3, 6, 9, 12, 18, 24, 30, 36, 42, 48].map { "\($0) dB" })
        #expect(Set(CurveScheme.all.map(\.name)).count == CurveScheme.all.count)
    }

    /// The files are those that a recipe written out makes, the errors those of a plain loop over what comes back.
    @Test(arguments: ["int8", "int4 group:32", "16 values", "24 dB"])
    func aPointIsItsFile(name: String) throws {
        let file = gaussian(rows: 64, columns: 100)
        let scheme = try #require(CurveScheme.all.first { $0.name == name })
        let point = try #require(try curve(of: file, [scheme]).points.first)
        let recipe = """
            rules:
              - match: a
                passes:
                  - \(scheme.pass)
              - match: bias
                passes:
                  - quantize: fp16
            """
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("out.safetensors").path
            let compression = try Compression(
                Plan(Recipe(yaml: recipe, file: "test"), for: file), of: file,
                to: OutputFile(path, overwriting: false))
            #expect(point.byteCount == compression.byteCount)
            let back = try CompressedFile(path).tensor(at: 0).array(as: Float.self)
            let before = file.tensors[0].tensor.array(as: Float.self)
            let error = zip(before, back).reduce(0.0) { sum, pair in
                sum + (Double(pair.0) - Double(pair.1)) * (Double(pair.0) - Double(pair.1))
            }
            #expect(abs(point.squaredError - error) <= 1e-9 * error)
        }
    }

    @Test func allElseIsHeldAlike() throws {
        let small = Tensor(.bfloat16, [4], [UInt16](repeating: 0x3f80, count: 4))
        var file = gaussian(rows: 64, columns: 100)
        file.tensors += [("norm", small), ("ids", Tensor(.int64, [2], [Int64(1), 2]))]
        for scheme in CurveScheme.all {
            let steps = try Plan(scheme.recipe(), for: file).entries.map { $0.steps.map(\.label) }
            #expect(steps[0].count == 1)
            #expect(Array(steps[1...]) == [["quantize fp16"], [], []], "\(scheme.name)")
        }
    }

    @Test func matricesThatAreNotFiniteDoNotCount() throws {
        var file = gaussian(rows: 64, columns: 100)
        var values = file.tensors[0].tensor.array(as: Float.self)
        values[77] = .nan
        file.tensors.append(("b", Tensor(.float32, [64, 100], values)))
        let curve = try curve(of: file, few)
        #expect(curve.points.count == few.count && curve.matrixCount == 1)
        #expect(curve.points.allSatisfy { $0.squaredError.isFinite })
    }

    @Test func withoutMatricesThereIsNoCurve() throws {
        let zeros = Tensor(.float32, [64, 64], [Float](repeating: 0, count: 4096))
        for tensors in [[], [("a", Tensor(.int32, [64], [Int32](repeating: 1, count: 64)))], [("a", zeros)]] {
            let error = bantamError { _ = try curve(of: MemoryFile(tensors: tensors), few) }
            #expect(error?.kind == .invalidArgument)
            #expect(error?.message.contains("matrices") == true)
        }
    }

    @Test func whatCannotBeRunIsNoted() throws {
        let impossible = CurveScheme(name: "150 dB", kind: .rateDistortion, pass: "quantize: {sqnr: 150}")
        let int8 = try #require(CurveScheme.all.last)
        let curve = try curve(of: gaussian(rows: 64, columns: 100), [impossible, int8])
        #expect(curve.points.map(\.name) == ["int8"])
        #expect(curve.notes.count == 1 && curve.notes[0].hasPrefix("150 dB: "))
    }

    @Test func threadsMakeNoDifference() throws {
        let file = gaussian(rows: 64, columns: 100)
        #expect(try curve(of: file, few, threads: 1).json() == curve(of: file, few, threads: 4).json())
    }

    @Test func accuracyIsThatOfAnEvaluation() throws {
        let model = try OneHot(margins: (0..<600).map { Float($0 * 331 % 600 + 1) / 600 })
        let scheme = try #require(CurveScheme.all.first { $0.name == "int3" })
        try withTemporaryFolder { folder in
            let path = folder.appendingPathComponent("out.safetensors").path
            let curve = try CurveMeasurement(
                of: model.weights, network: model.network, data: model.data, schemes: [scheme]
            ).run(triedBeside: path)
            _ = try Compression(
                Plan(scheme.recipe(), for: model.weights), of: model.weights,
                to: OutputFile(path, overwriting: false))
            let evaluation = try Evaluator().evaluate(
                original: model.weights, compressed: CompressedFile(path), network: model.network,
                data: model.data)
            let point = try #require(curve.points.first)
            #expect(curve.original.metrics == evaluation.original.metrics)
            #expect(point.predictions == evaluation.predictions)
            let after = try #require(evaluation.compressed.metrics).accuracy
            #expect(after < 1)
            #expect(abs(try #require(point.accuracy) - after) < 1e-12)
        }
    }
}
