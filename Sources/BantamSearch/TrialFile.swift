import BantamArchive
import BantamLoaders
import BantamRecipes
import BantamTensors

/// The file that a plan makes, without a name: it is there while it is used.
struct TrialFile {
    let byteCount: Int
    private let output: OutputFile
    private let workers: Workers

    /// Runs the plan into a file without a name in the folder of `path`.
    ///
    /// - Parameter progress: called with the original bytes of each tensor that has been compressed, from any thread.
    init(
        _ plan: Plan, of source: any TensorFile, beside path: String, workers: Workers,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws {
        output = try OutputFile(neverNamedBeside: path)
        byteCount = try Compression(plan, of: source, to: output, workers: workers, progress: progress)
            .byteCount
        self.workers = workers
    }

    func callAsFunction<Result>(_ body: (CompressedFile) throws -> Result) throws -> Result {
        try withExtendedLifetime(output) {
            try body(CompressedFile(output.readablePath, workers: workers))
        }
    }
}

extension Workers {
    /// The results of trials on `source` in order: small models side by side, large ones one after another.
    func mapTrials<Result: Sendable>(
        _ count: Int, of source: any TensorFile, _ body: @Sendable (Int, Workers) throws -> Result
    ) throws -> [Result] {
        guard source.tensorByteCount <= 64 << 20 else { return try (0..<count).map { try body($0, self) } }
        return try map(count) { try body($0, .one) }
    }
}
