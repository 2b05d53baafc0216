import BantamEncodings
import BantamTensors
import CBantamKernels
import Synchronization

/// Settles the tables and centroids that the tensors of a model share.
///
/// Add a sample of every tensor, then ask for tables for as many steps as you like. The result depends on what was
/// added and in what order, not on threads or processor.
public struct RateDistortionTraining: Sendable {
    private let quantization: RateDistortion
    private let interval: Int
    private var samples: [(sample: TrainingSample, step: Float)] = []
    private var elementCount = 0

    /// Up to this many elements all are looked at, beyond it an eighth of the rows, of very large models less.
    private static let wholeLimit = 1 << 19
    private static let sampleLimit = 1 << 22
    private static let pieceLength = 1 << 16
    /// Rates fall from pass to pass, in the first ones by much; few states and a part of the sample show that as well.
    private static let (firstPasses, firstInterval, lastPasses) = (16, 4, 4)

    /// Training for tensors of `elementCount` elements in all.
    public init(_ quantization: RateDistortion, elementCount: Int) {
        self.quantization = quantization
        interval =
            elementCount <= RateDistortionTraining.wholeLimit
            ? 1 : max(8, elementCount / RateDistortionTraining.sampleLimit)
    }

    /// Adds a sample of `tensor`, whose step will be `step` times that of the model.
    ///
    /// - Throws: ``BantamError`` if the tensor does not hold finite numbers.
    public mutating func add(_ tensor: Tensor, relativeStep step: Float = 1, workers: Workers) throws {
        let tensor = try tensor.float32()
        let scales = try MatrixScales(of: tensor, workers: workers)
        guard scales.rowMeanSquares.allSatisfy({ $0.isFinite }) else {
            throw BantamError(.corruption, "expected finite numbers to quantize, found NaN or infinity")
        }
        samples.append((TrainingSample(of: tensor, scales: scales, interval: interval), step))
        elementCount += tensor.elementCount
    }

    /// What training found for one step.
    public struct Result: Sendable {
        /// The tables, for ``RateDistortion/encode(_:step:tables:workers:)``.
        public var tables: TrainedTables
        /// Bits for each element of the sample, tables, classes and means left out.
        public var bitsPerWeight: Double
        /// The sum of squared errors of the sample over the sum of its squares, means taken out.
        public var squaredError: Double
        /// The elements of the sample.
        public var sampleCount: Int
    }

    /// Trains for the model's `step`.
    ///
    /// - Complexity: eight searches over the sample, each O(elements · states).
    public func tables(step: Float, workers: Workers) throws -> Result {
        let buffer = SampleBuffer(samples.reduce(0) { $0 + $1.sample.values.count })
        var start = 0
        for (sample, relative) in samples {
            sample.scaled(by: step * relative, into: buffer.values + start, buffer.classes + start)
            start += sample.values.count
        }
        let scale = Double(elementCount) / Double(max(1, buffer.count))
        var counts = buffer.plainCounts()
        var trained = TrainedTables(counts, scale: scale)
        let first = RateDistortion(code: .states8, lambda: quantization.lambda)
        for _ in 0..<RateDistortionTraining.firstPasses {
            let interval = RateDistortionTraining.firstInterval
            counts = try search(buffer, every: interval, TrellisSearch(first, trained), workers)
            trained = TrainedTables(counts, scale: scale * Double(interval))
        }
        for _ in 0..<RateDistortionTraining.lastPasses {
            counts = try search(buffer, every: 1, TrellisSearch(quantization, trained), workers)
            trained = TrainedTables(counts, scale: scale)
        }
        let bits = trained.bits(of: counts)
        return Result(
            tables: trained, bitsPerWeight: bits / Double(max(1, buffer.count)),
            squaredError: counts.distortion * Double(step) * Double(step), sampleCount: buffer.count)
    }

    private func search(
        _ buffer: SampleBuffer, every interval: Int, _ search: TrellisSearch, _ workers: Workers
    ) throws -> IndexCounts {
        let length = RateDistortionTraining.pieceLength
        let total = IndexCounts()
        let lock = Mutex(())
        let pieces = (buffer.count + length - 1) / length
        try workers.forEach((pieces + interval - 1) / interval) { piece in
            let start = piece * interval * length
            let count = min(length, buffer.count - start)
            let counts = IndexCounts()
            var contexts = [UInt8](unsafeUninitializedCapacity: count) { contexts, initialized in
                contexts.baseAddress!.update(from: buffer.classes + start, count: count)
                initialized = count
            }
            let indices = search.run(buffer.values + start, count: count, lanes: 32, contexts: &contexts)
            search.count(buffer.values + start, contexts, indices, into: counts)
            lock.withLock { _ in total.add(counts) }
        }
        return total
    }
}

/// The sample in steps, piece after piece.
private final class SampleBuffer: @unchecked Sendable {
    let count: Int
    let values: UnsafeMutablePointer<Float>
    let classes: UnsafeMutablePointer<UInt8>

    init(_ count: Int) {
        self.count = count
        values = .allocate(capacity: count)
        classes = .allocate(capacity: count)
    }

    deinit {
        values.deallocate()
        classes.deallocate()
    }

    /// What rounding to the nearest even level would give: something to begin with.
    func plainCounts() -> IndexCounts {
        let counts = IndexCounts()
        let last = IndexCounts.magnitudeCount - 1
        for index in 0..<count {
            let magnitude = min(last, Int((abs(values[index]) / 2).rounded()))
            for quantizer in 0..<2 {
                counts.counts(class: Int(classes[index]), quantizer: quantizer)[magnitude] += 1
            }
        }
        return counts
    }
}
