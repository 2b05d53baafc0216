import BantamEncodings
import BantamLinearAlgebra
import BantamTensors
import Synchronization

/// A network with its weights, ready to run.
public struct Model: Sendable {
    /// How encoded weights are held while the network runs.
    public enum Execution: String, Sendable, CaseIterable {
        /// Everything is decoded to float32 first.
        case dense
        /// `linear` and ungrouped `conv2d` layers multiply with CSR matrices and low-rank factors as they are;
        /// the rest is decoded. Outputs differ from dense ones by float32 rounding only.
        case direct
    }

    /// What the model was bound from.
    public let network: Network
    /// The shape of one sample's output.
    public let outputShape: Shape
    /// How encoded weights are held.
    public let execution: Execution
    let reader: InputReader
    let operations: [Operation]

    /// The number of classes, if one sample's output is a vector with an element for each.
    public var classCount: Int? { outputShape.rank == 1 ? outputShape.axes[0] : nil }

    /// The most elements alive at the same time for one sample.
    private var peak: Int { operations.map(\.peak).reduce(reader.output.elementCount, max) }

    /// Samples that are run together when the caller has no wish: enough to keep matrix products busy, few
    /// enough to stay in the caches. The network alone decides, so results do not depend on threads.
    public var defaultBatch: Int { max(1, min(128, (1 << 19) / max(peak, 1))) }

    /// The outputs `[N, …]` for inputs `[N, …]`, float32.
    ///
    /// Samples are cut into batches, which the threads share; the outputs are the same bytes for any number of
    /// threads. Sets OpenBLAS to one thread a call. NaN is not an error: it comes out as it goes in.
    ///
    /// - Parameters:
    ///   - inputs: any numeric dtype, whole numbers if the network begins with an embedding.
    ///   - batch: samples run together; memory follows it. ``defaultBatch`` if `nil`.
    /// - Throws: ``BantamError`` of kind `corruption` if the inputs do not fit the network or an id is out of
    ///   range, `compatibility` for a dtype that is not numeric, `invalidArgument` if `batch` is not possible.
    public func run(inputs: Tensor, batch: Int? = nil, workers: Workers = Workers()) throws -> Tensor {
        let count = try sampleCount(inputs)
        let batch = min(try checked(batch), max(count, 1))
        guard let shape = Shape(checking: [count] + outputShape.axes), shape.elementCount <= 1 << 33 else {
            throw BantamError(
                .invalidArgument, "expected outputs of at most 2^33 elements, found \(count)×\(outputShape)")
        }
        BLASThreads.set(1)
        let spare = Mutex<[WorkspaceBox]>([])
        return try Tensor(.float32, shape, as: Float.self) { result in
            let result = OutputBuffer(start: result)
            try workers.forEach((count + batch - 1) / batch) { piece in
                let box = spare.withLock { $0.popLast() } ?? WorkspaceBox()
                let first = piece * batch
                let samples = first..<min(first + batch, count)
                var activations = try reader.read(inputs, samples, box.workspace)
                for operation in operations { activations = try operation.run(activations, box.workspace) }
                result.write(activations.values, at: first * outputShape.elementCount)
                box.workspace.give(activations.values)
                spare.withLock { $0.append(box) }
            }
        }
    }

    private func sampleCount(_ inputs: Tensor) throws -> Int {
        guard inputs.shape.rank >= 1, Array(inputs.shape.axes.dropFirst()) == network.inputShape.axes else {
            throw BantamError(
                .corruption, tensor: "inputs", "expected N×\(network.inputShape), found \(inputs.shape)")
        }
        try reader.check(inputs.dtype)
        return inputs.shape.axes[0]
    }

    private func checked(_ batch: Int?) throws -> Int {
        guard let batch else { return defaultBatch }
        guard batch >= 1 else {
            throw BantamError(.invalidArgument, "expected a batch of at least 1, found \(batch)")
        }
        let limit = max(1, Limits.elements * 4 / max(peak, 1))
        guard batch <= limit else {
            throw BantamError(
                .invalidArgument, "expected a batch of at most \(limit) for this network, found \(batch)")
        }
        return batch
    }
}

/// A workspace on its way between threads: one of them uses it at a time.
private struct WorkspaceBox: @unchecked Sendable {
    let workspace = Workspace()
}

/// The output, of which each batch writes its own part.
private struct OutputBuffer: @unchecked Sendable {
    let start: UnsafeMutableBufferPointer<Float>

    func write(_ values: UnsafeMutableBufferPointer<Float>, at offset: Int) {
        _ = UnsafeMutableBufferPointer(rebasing: start[offset...]).update(fromContentsOf: values)
    }
}
