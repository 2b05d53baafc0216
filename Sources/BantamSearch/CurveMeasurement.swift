import BantamEvaluator
import BantamInference
import BantamLoaders
import BantamRecipes
import BantamTensors

/// Compresses a model in many ways and measures the files: a rate–distortion curve.
///
/// ```swift
/// let curve = try CurveMeasurement(of: source).run(triedBeside: "report.html")
/// ```
///
/// Each scheme is run as `compress` would run it, with lossless coding, into a file without a name, which is measured and let
/// go before memory follows more than the largest tensors. Matrices are what a budget quantizes: floats of rank 2 or more
/// and 1,024 elements or more, if all of them are finite. The result does not depend on the number of threads.
public struct CurveMeasurement: Sendable {
    /// Called with the original bytes of each tensor that has been compressed, from any thread.
    public var progress: @Sendable (Int) -> Void = { _ in }

    private let source: any TensorFile
    private let test: (network: Network, data: any TensorFile)?
    private let workers: Workers
    private let schemes: [CurveScheme]

    /// A measurement of a model, and with a network and labelled data of its accuracy.
    public init(
        of source: any TensorFile, network: Network? = nil, data: (any TensorFile)? = nil,
        workers: Workers = Workers()
    ) {
        self.init(of: source, network: network, data: data, schemes: CurveScheme.all, workers: workers)
    }

    init(
        of source: any TensorFile, network: Network? = nil, data: (any TensorFile)? = nil,
        schemes: [CurveScheme], workers: Workers = Workers()
    ) {
        self.source = source
        test = if let network, let data { (network, data) } else { nil }
        self.workers = workers
        self.schemes = schemes
    }

    /// All that ``progress`` will have been called with.
    public var byteCount: Int { source.tensorByteCount * schemes.count }

    /// Measures every scheme.
    ///
    /// A scheme that cannot be run on this model is left out and noted.
    ///
    /// - Parameter path: trials are written into unnamed files in the folder of this path.
    /// - Complexity: one compression and decompression a scheme.
    /// - Throws: ``BantamError`` of kind `invalidArgument` for a model without matrices; what reading, writing and running the
    ///   network throw.
    public func run(triedBeside path: String) throws -> RateDistortionCurve {
        let matrices = try Matrices(source, workers)
        guard matrices.energy > 0 else {
            throw BantamError(
                .invalidArgument, file: source.path,
                "expected matrices of 1,024 finite numbers or more, not all of them zero, to draw a curve of; found none"
            )
        }
        let bench = try test.map { try AccuracyBench($0.network, source, $0.data, workers) }
        let found = try workers.mapTrials(schemes.count, of: source) { index, workers in
            try measured(schemes[index], matrices.indices, bench, beside: path, workers)
        }
        return RateDistortionCurve(
            original: MeasuredFile(
                path: source.path, byteCount: source.fileByteCount, metrics: bench?.metrics),
            tensorCount: source.entries.count,
            elementCount: source.entries.reduce(0) { $0 + $1.shape.elementCount },
            matrixCount: matrices.indices.count,
            matrixElementCount: matrices.indices.reduce(0) { $0 + source.entries[$1].shape.elementCount },
            energy: matrices.energy, bound: GaussianBound(matrices.rows),
            points: found.compactMap { if case .success(let point) = $0 { point } else { nil } },
            notes: found.compactMap { if case .failure(let reason) = $0 { reason.message } else { nil } })
    }

    private func measured(
        _ scheme: CurveScheme, _ matrices: [Int], _ bench: AccuracyBench?, beside path: String,
        _ workers: Workers
    ) throws -> Result<RateDistortionCurve.Point, BantamError> {
        let trial: TrialFile
        do {
            trial = try TrialFile(
                Plan(scheme.recipe(), for: source), of: source, beside: path, workers: workers,
                progress: progress)
        } catch let error as BantamError where error.kind == .invalidArgument {
            return .failure(BantamError(error.kind, "\(scheme.name): \(error.message)"))
        }
        return try trial { file in
            let error = try Evaluator(workers: workers, measuresTime: false)
                .error(original: source, compressed: file, at: matrices)
            var point = RateDistortionCurve.Point(
                name: scheme.name, kind: scheme.kind, pass: scheme.pass, byteCount: trial.byteCount,
                squaredError: error.squaredError)
            if let bench {
                let predictions = try bench.predictions(with: file, workers: workers)
                point.predictions = predictions
                point.accuracy = bench.metrics.accuracy + predictions.accuracyChange
            }
            return .success(point)
        }
    }
}

/// What counts for the curve.
private struct Matrices {
    /// Positions in the file.
    var indices: [Int] = []
    /// Σx².
    var energy = 0.0
    var rows: [GaussianBound.Component] = []

    init(_ source: any TensorFile, _ workers: Workers) throws {
        let plan = try Plan(CurveScheme.budgetRecipe(), for: source)
        for index in source.entries.indices where plan.entries[index].budgetWeight != nil {
            let spread = try locating(file: source.path, tensor: source.entries[index].name) {
                let tensor = try source.tensor(at: index)
                defer { tensor.storage.letGo(of: tensor.storage.bytes) }
                return try MatrixSpread(tensor, workers: workers)
            }
            guard let spread else { continue }
            indices.append(index)
            energy += spread.energy
            rows += spread.rows
        }
    }
}

/// A network and all of its data, and what the original weights make of them.
private struct AccuracyBench: Sendable {
    private let bench: LossBench
    /// What the original weights reach.
    let metrics: ClassificationMetrics

    init(_ network: Network, _ source: any TensorFile, _ data: any TensorFile, _ workers: Workers) throws {
        let data = try TestData(
            data, classes: LossBench.classes(of: network, source: source, workers: workers))
        bench = try LossBench(
            network, source: source, data: data, samples: Array(data.labels.indices), metric: .accuracy,
            workers: workers)
        metrics = try ClassificationMetrics(
            outputs: bench.networkBench.outputs, labels: bench.labels,
            kind: network.endsInSoftmax ? .probabilities : .logits)
    }

    func predictions(with file: any TensorFile, workers: Workers) throws -> PairedPredictions {
        try PairedPredictions(
            original: bench.predictions,
            compressed: ClassificationMetrics.predictions(
                of: bench.networkBench.outputs(of: file, workers: workers)),
            labels: bench.labels)
    }
}
