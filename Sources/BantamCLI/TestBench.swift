import Bantam

/// What two files are compared with: threads, and if asked for a network and labelled data.
struct TestBench {
    private var evaluator: Evaluator
    private var test: (network: Network, data: any TensorFile)?

    init(_ options: NetworkOptions, workers: Workers) throws {
        evaluator = Evaluator(workers: workers)
        if let network = options.network, let data = options.data {
            test = (try Network(contentsOf: network), try TensorFiles.open(data))
        }
    }

    /// Sets one file beside the other; `progress` is called with the bytes of each tensor that is done.
    func evaluate(
        _ original: any TensorFile, _ compressed: any TensorFile,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) throws -> Evaluation {
        var evaluator = evaluator
        evaluator.progress = progress
        guard let test else { return try evaluator.evaluate(original: original, compressed: compressed) }
        return try evaluator.evaluate(
            original: original, compressed: compressed, network: test.network, data: test.data)
    }

    /// What a model loses at several numbers of bits, and what that costs in accuracy; see ``CurveMeasurement``.
    func curve(
        of original: any TensorFile, triedBeside path: String, quiet: Bool
    ) throws -> RateDistortionCurve {
        var measurement = CurveMeasurement(
            of: original, network: test?.network, data: test?.data, workers: evaluator.workers)
        let bar = ProgressBar("curve", total: measurement.byteCount, quiet: quiet)
        defer { bar.finish() }
        measurement.progress = { bar.advance(by: $0) }
        return try measurement.run(triedBeside: path)
    }
}
