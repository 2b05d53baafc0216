import BantamLoaders
import BantamTestSupport
import Foundation
import Testing

/// What a budget promises, taken from the file on disk and from what it decompresses to.
@Suite struct BudgetPromiseTests {
    private let cnn = Bantam.samples.appendingPathComponent("digits-cnn/model.safetensors").path

    /// The bytes of the compressed file, and 10 log₁₀ Σx² / Σ(x − x̂)² over the float matrices of 1,024 elements or more.
    private func reached(_ arguments: [String]) throws -> (bytes: Int, elements: Int, sqnr: Double) {
        try withTemporaryFolder { (folder: URL) throws in
            let (small, back) = (folder.file("small.safetensors"), folder.file("back.npz"))
            let run = try Bantam.run(["compress", cnn, small] + arguments)
            try #require(run.status == 0, "\(run.errors)")
            #expect(try Bantam.run("verify", small).status == 0)
            #expect(try Bantam.run("decompress", small, back).status == 0)
            let (original, restored) = (try TensorFiles.open(cnn), try TensorFiles.open(back))
            var (signal, noise, elements) = (0.0, 0.0, 0)
            for (index, entry) in original.entries.enumerated() {
                elements += entry.shape.elementCount
                guard entry.shape.rank >= 2, entry.shape.elementCount >= 1024 else { continue }
                let place = try #require(restored.entries.firstIndex { $0.name == entry.name })
                let found = try restored.tensor(at: place).array(as: Float.self)
                for (x, y) in zip(try original.tensor(at: index).array(as: Float.self), found) {
                    signal += Double(x) * Double(x)
                    noise += (Double(x) - Double(y)) * (Double(x) - Double(y))
                }
            }
            let bytes = try Data(contentsOf: URL(fileURLWithPath: small)).count
            return (bytes, elements, 10 * log10(signal / noise))
        }
    }

    @Test(arguments: ["8", "64"]) func aSignalToNoiseRatioIsMet(states: String) throws {
        #expect(abs(try reached(["--sqnr", "20", "--states", states]).sqnr - 20) <= 0.1)
    }

    @Test func bitsPerWeightAreMet() throws {
        let found = try reached(["--bpw", "5", "--states", "8"])
        #expect(abs(8 * Double(found.bytes) / Double(found.elements) - 5) <= 0.05)
    }

    @Test func aSizeIsNeverExceeded() throws {
        let original = try Data(contentsOf: URL(fileURLWithPath: cnn)).count
        #expect(10 * (try reached(["--size", "10%", "--states", "8"]).bytes) <= original)
    }

    @Test func prunedWeightsStayZeroUnderABudget() throws {
        try withTemporaryFolder { (folder: URL) throws in
            let (small, back) = (folder.file("small.safetensors"), folder.file("back.npz"))
            let run = try Bantam.run(
                "compress", cnn, small, "--bpw", "3", "--prune", "0.75", "--states", "8")
            try #require(run.status == 0, "\(run.errors)")
            #expect(try Bantam.run("decompress", small, back).status == 0)
            let file = try TensorFiles.open(back)
            let index = try #require(file.entries.firstIndex { $0.name == "fc1.weight" })
            let values = try file.tensor(at: index).array(as: Float.self)
            #expect(values.count { $0 == 0 } >= values.count * 3 / 4)
        }
    }
}
