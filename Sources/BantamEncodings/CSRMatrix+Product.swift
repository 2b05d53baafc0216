import BantamTensors
import CBantamKernels

/// Products with dense matrices.
///
/// The dense operand is packed into panels of 64, 32 or 16 vectors side by side, padded with zeros, so that the
/// kernel's inner loop is a fixed number of whole vector registers.
extension CSRMatrix {
    /// W·X: `float32` `[columns, n]` in, `[rows, n]` out.
    ///
    /// - Complexity: O(values · n).
    /// - Throws: ``BantamError`` of kind `invalidArgument` if X is of another shape or dtype.
    public func multiplied(by x: Tensor, workers: Workers = .one) throws -> Tensor {
        try checkOperand(x, axis: 0)
        return try product(
            x, shape: [rows, x.shape.axes[1]], panels: Panels(vectors: x.shape.axes[1], along: .columns),
            workers)
    }

    /// X·Wᵀ, what a linear layer does: `float32` `[n, columns]` in, `[n, rows]` out.
    ///
    /// - Complexity: O(values · n).
    /// - Throws: ``BantamError`` of kind `invalidArgument` if X is of another shape or dtype.
    public func applied(to x: Tensor, workers: Workers = .one) throws -> Tensor {
        try checkOperand(x, axis: 1)
        return try product(
            x, shape: [x.shape.axes[0], rows], panels: Panels(vectors: x.shape.axes[0], along: .rows), workers
        )
    }

    private func checkOperand(_ x: Tensor, axis: Int) throws {
        guard x.dtype == .float32, x.shape.rank == 2, x.shape.axes[axis] == columns else {
            throw BantamError(
                .invalidArgument,
                "expected a float32 matrix with \(columns) along axis \(axis), "
                    + "found \(x.dtype.rawValue) \(x.shape)")
        }
    }

    private func product(_ x: Tensor, shape: Shape, panels: Panels, _ workers: Workers) throws -> Tensor {
        try x.withElements(as: Float.self) { source in
            try Tensor(.float32, shape, as: Float.self) { result in
                guard !result.isEmpty else { return }
                if panels.isOnePanel {
                    try multiply(source.baseAddress!, panels.stride(0), result.baseAddress!, workers)
                    return
                }
                nonisolated(unsafe) let (source, result) = (source, result)
                let packed = try Storage(byteCount: panels.packedCount(columns) * 4) { memory in
                    let memory = Shared(memory.baseAddress!)
                    try workers.forEach(panels.count) { panel in
                        panels.pack(
                            panel, from: source, length: columns,
                            to: memory.elements() + panels.start(panel, columns))
                    }
                }
                let packedElements = SharedBytes(packed.bytes)
                try workers.forEach(panels.count * rowBlocks.count) { piece in
                    let (panel, block) = piece.quotientAndRemainder(dividingBy: rowBlocks.count)
                    let (range, stride) = (rowBlocks[block], panels.stride(panel))
                    withUnsafeTemporaryAllocation(of: Float.self, capacity: range.count * stride) { tile in
                        let operand = packedElements.bytes.assumingMemoryBound(to: Float.self)
                        multiply(
                            range, operand.baseAddress! + panels.start(panel, columns), stride,
                            tile.baseAddress!)
                        panels.unpack(panel, from: tile.baseAddress!, rows: range, of: rows, to: result)
                    }
                }
                withExtendedLifetime(packed) {}
            }
        }
    }

    /// All rows times one panel, straight into the result.
    private func multiply(
        _ panel: UnsafePointer<Float>, _ stride: Int, _ result: UnsafeMutablePointer<Float>,
        _ workers: Workers
    ) throws {
        nonisolated(unsafe) let (panel, result) = (panel, result)
        try workers.forEach(rowBlocks.count) { block in
            multiply(rowBlocks[block], panel, stride, result + rowBlocks[block].lowerBound * stride)
        }
    }

    private func multiply(
        _ range: Range<Int>, _ panel: UnsafePointer<Float>, _ stride: Int,
        _ result: UnsafeMutablePointer<Float>
    ) {
        values.withElements(as: Float.self) { values in
            rowPointers.withUnsafeBufferPointer { pointers in
                columnIndices.withUnsafeBufferPointer { indices in
                    bantam_csr_multiply(
                        values.baseAddress, indices.baseAddress, pointers.baseAddress! + range.lowerBound,
                        range.count, panel, stride, result)
                }
            }
        }
    }

    /// Runs of rows with some 2¹⁵ values each on average.
    private var rowBlocks: Pieces {
        Pieces(of: rows, each: max(16, (rows << 15) / max(count, 1)))
    }
}

/// How the vectors of a dense operand are laid side by side.
private struct Panels: Sendable {
    enum Axis { case rows, columns }

    /// How many vectors there are, and whether each is a row or a column of the operand.
    let vectors: Int
    let axis: Axis

    init(vectors: Int, along axis: Axis) {
        self.vectors = vectors
        self.axis = axis
    }

    var count: Int { (vectors + 63) / 64 }

    /// The vectors in a panel with its padding.
    func stride(_ panel: Int) -> Int {
        let width = min(64, vectors - panel * 64)
        return width > 32 ? 64 : width > 16 ? 32 : 16
    }

    /// The operand is a panel as it stands.
    var isOnePanel: Bool { axis == .columns && count == 1 && stride(0) == vectors }

    func start(_ panel: Int, _ length: Int) -> Int { panel * 64 * length }

    func packedCount(_ length: Int) -> Int {
        count == 0 ? 0 : start(count - 1, length) + stride(count - 1) * length
    }

    func pack(
        _ panel: Int, from source: UnsafeBufferPointer<Float>, length: Int,
        to packed: UnsafeMutablePointer<Float>
    ) {
        let (first, stride) = (panel * 64, stride(panel))
        let width = min(64, vectors - first)
        let (vectorStep, elementStep) = axis == .rows ? (length, 1) : (1, vectors)
        for element in 0..<length {
            let to = packed + element * stride
            for vector in 0..<width {
                to[vector] = source[(first + vector) * vectorStep + element * elementStep]
            }
            for vector in width..<stride { to[vector] = 0 }
        }
    }

    func unpack(
        _ panel: Int, from tile: UnsafePointer<Float>, rows: Range<Int>, of rowCount: Int,
        to result: UnsafeMutableBufferPointer<Float>
    ) {
        let (first, stride) = (panel * 64, stride(panel))
        let width = min(64, vectors - first)
        let (vectorStep, rowStep) = axis == .rows ? (rowCount, 1) : (1, vectors)
        for vector in 0..<width {
            for (offset, row) in rows.enumerated() {
                result[(first + vector) * vectorStep + row * rowStep] = tile[offset * stride + vector]
            }
        }
    }
}
