import BantamEncodings
import BantamTensors
import CBantamKernels
import Synchronization

/// Settles the tables and centroids that the tensors of a model share.
///
/// Add a sample of every tensor, then ask for tables for as many steps as you like. The result depends on what was
/// added and in what order, not on threads or processor.
public struct RateDistortionTraining: Sendable {
    let quantization: RateDistortion
    private let interval: Int
    private(set) var samples: [(sample: TrainingSample, step: Float)] = []
    private(set) var elementCount = 0
    private(set) var energy = 0.0

    /// Up to this many elements all are looked at, beyond it an eighth of the rows, of very large models less.
    private static let wholeLimit = 1 << 19
    private static let sampleLimit = 1 << 22
    private static let pieceLength = 1 << 16
    /// Rates fall from pass to pass, in the first ones by much; few states show that as well, and of a large sample a
    /// part.
    private static let (firstPasses, firstInterval, lastPasses) = (16, 4, 4)

    /// Training for tensors of `elementCount` elements in all.
    public init(_ quantization: RateDistortion, elementCount: Int) {
        self.quantization = quantization
        interval =
            elementCount <= RateDistortionTraining.wholeLimit
            ? 1 : max(8, elementCount / RateDistortionTraining.sampleLimit)
    }

    /// Adds a sample of `tensor`, whose step will be `relativeStep` times that of the model.
    ///
    /// - Complexity: O(elements).
    /// - Throws: ``BantamError`` of kind `corruption` for NaN or infinity.
    public mutating func add(_ tensor: Tensor, relativeStep step: Float = 1, workers: Workers) throws {
        let tensor = try tensor.float32()
        let scales = try MatrixScales(of: tensor, workers: workers)
        samples.append((TrainingSample(of: tensor, scales: scales, interval: interval), step))
        elementCount += tensor.elementCount
        energy += scales.energy
    }

    /// What training found for one step.
    public struct Result: Sendable {
        /// The model's step.
        public var step: Float
        /// The tables, for ``RateDistortion/encode(_:step:tables:workers:)``.
        public var tables: TrainedTables
        /// What the tensors will take for each element, tables, classes and means included, judged by the sample.
        public var bitsPerWeight: Double
        /// What the signal-to-noise ratio over all tensors will be, in dB, judged by the sample.
        public var sqnr: Double
    }

    /// Trains for the model's `step`.
    ///
    /// - Complexity: nine searches over the sample, each O(elements · states).
    /// - Throws: ``BantamError`` of kind `invalidArgument` for a step that cannot be.
    public func tables(step: Float, workers: Workers) throws -> Result {
        let scaled = try scaled(by: step)
        let (buffer, pieces) = (scaled.buffer, scaled.pieces)
        let scale = scaled.scale
        var counts = buffer.plainCounts()
        var trained = TrainedTables(counts, scale: scale)
        let first = RateDistortion(code: .states8, lambda: quantization.lambda)
        let isLarge = buffer.count > RateDistortionTraining.wholeLimit
        let interval = isLarge ? RateDistortionTraining.firstInterval : 1
        let part = stride(from: 0, to: pieces.count, by: interval).map { pieces[$0] }
        for _ in 0..<RateDistortionTraining.firstPasses {
            counts = try search(buffer, part, TrellisSearch(first, trained), workers).counts
            trained = TrainedTables(counts, scale: scale * Double(interval))
        }
        for _ in 0..<RateDistortionTraining.lastPasses {
            counts = try search(buffer, pieces, TrellisSearch(quantization, trained), workers).counts
            trained = TrainedTables(counts, scale: scale)
        }
        return try judged(trained, scaled, workers)
    }

    /// What encoding with `tables`, perhaps trained for another step, will give.
    ///
    /// - Complexity: one search over the sample.
    func judged(_ tables: TrainedTables, step: Float, workers: Workers) throws -> Result {
        try judged(tables, scaled(by: step), workers)
    }

    /// With the lanes that encoding will have: the fewer they are, the less often a trellis begins anew.
    private func judged(_ tables: TrainedTables, _ scaled: Scaled, _ workers: Workers) throws -> Result {
        let found = try search(
            scaled.buffer, scaled.pieces, TrellisSearch(quantization, tables), workers, hasOwnLanes: true)
        let indexBits = tables.bits(of: found.counts) * scaled.scale
        let rate = indexBits / Double(max(1, elementCount))
        let bytesBeside = samples.reduce(scaled.headerByteCount + tables.tensor.byteCount) {
            $0 + $1.sample.byteCountOfBlocks(bitsPerWeight: rate)
        }
        return Result(
            step: scaled.step, tables: tables,
            bitsPerWeight: rate + Double(8 * bytesBeside) / Double(max(1, elementCount)),
            sqnr: Decibels.ratio(energy, found.squaredError * Double(scaled.step) * Double(scaled.step)))
    }

    /// The sample in steps.
    private struct Scaled {
        var step: Float
        var buffer: SampleBuffer
        var pieces: [Piece] = []
        /// Of all tensors, before their blocks.
        var headerByteCount = 0
        /// How many elements there are for each of the sample.
        var scale: Double
    }

    private func scaled(by step: Float) throws -> Scaled {
        let buffer = SampleBuffer(samples.reduce(0) { $0 + $1.sample.values.count })
        var scaled = Scaled(
            step: step, buffer: buffer, scale: Double(elementCount) / Double(max(1, buffer.count)))
        var start = 0
        for (sample, relative) in samples {
            try RateDistortion.check(step: step * relative, largest: sample.scales.largest)
            scaled.headerByteCount += sample.scaled(
                by: step * relative, quantization.code, into: buffer.values + start, buffer.classes + start)
            let count = sample.values.count
            let weight = Double(relative * relative) * Double(sample.elementCount) / Double(max(1, count))
            for piece in stride(from: 0, to: count, by: RateDistortionTraining.pieceLength) {
                let length = min(RateDistortionTraining.pieceLength, count - piece)
                scaled.pieces.append(
                    Piece(
                        start: start + piece, count: length, lanes: sample.arrangement.lanes, weight: weight,
                        keepsZeros: sample.scales.keepsZeros))
            }
            start += count
        }
        return scaled
    }

    /// A part of the sample that is searched alone.
    private struct Piece: Sendable {
        var start: Int
        var count: Int
        /// The lanes of the matrix.
        var lanes: Int
        /// What its squared errors, in squares of its own step, count for in squares of the model's.
        var weight: Double
        /// Whether its zeros stay zeros.
        var keepsZeros: Bool
    }

    private func search(
        _ buffer: SampleBuffer, _ pieces: [Piece], _ search: TrellisSearch, _ workers: Workers,
        hasOwnLanes: Bool = false
    ) throws -> (counts: IndexCounts, squaredError: Double) {
        let total = IndexCounts()
        let lock = Mutex(())
        let errors = try workers.map(pieces.count) { index in
            let piece = pieces[index]
            let counts = IndexCounts()
            var contexts = [UInt8](unsafeUninitializedCapacity: piece.count) { contexts, initialized in
                contexts.baseAddress!.update(from: buffer.classes + piece.start, count: piece.count)
                initialized = piece.count
            }
            let values = buffer.values + piece.start
            let indices = search.run(
                values, count: piece.count, lanes: hasOwnLanes ? piece.lanes : 32,
                keepingZeros: piece.keepsZeros,
                contexts: &contexts)
            search.count(values, contexts, indices, into: counts)
            lock.withLock { _ in total.add(counts) }
            return counts.distortion * piece.weight
        }
        return (total, errors.reduce(0, +))
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
