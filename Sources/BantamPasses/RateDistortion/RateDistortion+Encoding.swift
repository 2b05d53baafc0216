import BantamEncodings
import BantamTensors
import CBantamKernels

/// From numbers to coded indices.
extension RateDistortion {
    /// `tensor` as indices of `step`, coded with `tables`.
    ///
    /// - Complexity: O(elements · states), blocks shared by `workers`; the result does not depend on their number.
    /// - Throws: ``BantamError`` of kind `invalidArgument` for a step that cannot be, `corruption` for NaN or infinity.
    public func encode(
        _ tensor: Tensor, step: Float, tables: TrainedTables, workers: Workers
    ) throws -> TrellisCoded {
        let tensor = try tensor.float32()
        let scales = try MatrixScales(of: tensor, workers: workers)
        try RateDistortion.check(step: step, largest: scales.largest)
        let header = scales.header(code, step: step)
        let encoder = TrellisEncoder(
            tensor: tensor, header: header, columns: scales.columns, search: TrellisSearch(self, tables),
            tables: tables, keepsZeros: scales.keepsZeros)
        let length = 1 << header.blockBits
        let blocks = try workers.map((tensor.elementCount + length - 1) / length) {
            encoder.encode(block: $0)
        }
        var bytes = header.serialized()
        for block in blocks { bytes.append(variable: block.count) }
        for block in blocks { bytes += block }
        return TrellisCoded(
            shape: tensor.shape, indices: Tensor(.uint8, [bytes.count], bytes), tables: tables.tensor)
    }
}

/// What all blocks of a tensor are encoded with.
final class TrellisEncoder: Sendable {
    private let tensor: Tensor
    private let header: TrellisHeader
    private let columns: Int
    private let search: TrellisSearch
    private let means: [Float]?
    private let keepsZeros: Bool
    /// By group and quantizer.
    private let tables: [bantam_trellis_table]
    private let groupOfClass: [Int]
    private let classes: [UInt16] = (0..<UInt16(TrellisTables.classCount)).map { $0 }

    init(
        tensor: Tensor, header: TrellisHeader, columns: Int, search: TrellisSearch, tables: TrainedTables,
        keepsZeros: Bool
    ) {
        self.keepsZeros = keepsZeros
        self.tensor = tensor
        self.header = header
        self.columns = columns
        self.search = search
        means = header.means?.values(step: header.step)
        self.tables = tables.tables.groups.flatMap { $0.tables.map(\.kernel) }
        groupOfClass = tables.tables.groupOfClass
    }

    func encode(block: Int) -> [UInt8] {
        var contexts: [UInt8] = []
        let indices = indices(block: block, &contexts)
        return coded(indices, contexts, 1 << header.laneBits)
    }

    /// The best indices of a block; `contexts` becomes twice their classes plus the quantizers.
    func indices(block: Int, _ contexts: inout [UInt8]) -> [Int16] {
        let first = block << header.blockBits
        let count = min(1 << header.blockBits, tensor.elementCount - first)
        let lanes = 1 << header.laneBits
        contexts = [UInt8](repeating: 0, count: count)
        return withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { values in
            scale(first, count, into: values.baseAddress!, &contexts)
            return search.run(
                values.baseAddress!, count: count, lanes: lanes, keepingZeros: keepsZeros, contexts: &contexts
            )
        }
    }

    /// Elements in steps, means taken out, and their classes.
    private func scale(
        _ first: Int, _ count: Int, into values: UnsafeMutablePointer<Float>, _ contexts: inout [UInt8]
    ) {
        var wide = [UInt16](repeating: 0, count: count)
        header.rowClasses.classes.withUnsafeBufferPointer { rows in
            header.columnClasses.classes.withUnsafeBufferPointer { columns in
                bantam_trellis_contexts(
                    rows.baseAddress, columns.baseAddress, self.columns, classes, first, count, &wide)
            }
        }
        for index in 0..<count { contexts[index] = UInt8(truncatingIfNeeded: wide[index]) }
        let inverse = 1 / header.step
        tensor.withElements(as: Float.self) { elements in
            guard let means else {
                for index in 0..<count { values[index] = elements[first + index] * inverse }
                return
            }
            var column = first % columns
            for index in 0..<count {
                values[index] = (elements[first + index] - means[column]) * inverse
                column = column + 1 == columns ? 0 : column + 1
            }
        }
    }

    private func coded(_ indices: [Int16], _ contexts: [UInt8], _ lanes: Int) -> [UInt8] {
        let count = indices.count
        return tables.withUnsafeBufferPointer { tables in
            let byContext = (0..<2 * TrellisTables.classCount).map {
                context -> UnsafePointer<bantam_trellis_table>? in
                tables.baseAddress! + 2 * groupOfClass[context / 2] + context % 2
            }
            let words = UnsafeMutablePointer<UInt16>.allocate(capacity: count)
            let escapes = UnsafeMutablePointer<Int16>.allocate(capacity: count)
            defer {
                words.deallocate()
                escapes.deallocate()
            }
            var states = [UInt32](repeating: 0, count: Int(BANTAM_TRELLIS_LANES))
            var firstWord: UnsafeMutablePointer<UInt16>? = words + count
            var firstEscape: UnsafeMutablePointer<Int16>? = escapes + count
            bantam_trellis_encode(
                byContext, indices, contexts, count, lanes, &states, &firstWord, &firstEscape)
            let escaped = UnsafeBufferPointer(start: firstEscape, count: escapes + count - firstEscape!)
            let written = UnsafeRawBufferPointer(
                start: firstWord, count: 2 * (words + count - firstWord!))
            return TrellisBlockHeader.serialized(states: states.prefix(lanes), escapes: escaped) + written
        }
    }
}
