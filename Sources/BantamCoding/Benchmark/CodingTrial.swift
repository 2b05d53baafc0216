// Why: coders are judged by what they do to arrays in memory, container and all, without files around them.

import BantamTensors
import Glibc
import Synchronization

/// One coder at work on several arrays, as the archive puts it to work: each array in a container of its own,
/// large arrays by all threads one after another, small ones side by side.
package struct CodingTrial: Sendable {
    /// The arrays.
    package let tensors: [Tensor]
    /// The coder.
    package let coder: any Coder
    /// The container of each array; `nil` if it would be stored plain, because it does not shrink.
    private let containers: [[UInt8]?]
    /// Where each array begins in the memory that all are decoded to.
    private let offsets: [Int]

    /// Codes `tensors`, none of them empty, once; the containers stay in memory.
    package init(_ tensors: [Tensor], coder: any Coder, workers: Workers) throws {
        self.tensors = tensors
        self.coder = coder
        let results = Mutex([[UInt8]?](repeating: nil, count: tensors.count))
        try Self.forEach(tensors, coder, workers) { index, workers in
            let coded = try Self.code(tensors[index], coder, workers)
            let bytes = coded.flatMap { $0.byteCount < tensors[index].byteCount ? $0.bytes : nil }
            results.withLock { $0[index] = bytes }
        }
        containers = results.withLock { $0 }
        var end = 0
        offsets = tensors.map { tensor in
            defer { end += (tensor.byteCount + 63) & ~63 }
            return end
        }
    }

    /// The bytes of the arrays.
    package var byteCount: Int { tensors.reduce(0) { $0 + $1.byteCount } }
    /// The bytes they take when stored, containers with their tables included.
    package var storedByteCount: Int {
        zip(tensors, containers).reduce(0) { $0 + ($1.1?.count ?? $1.0.byteCount) }
    }
    /// The memory that ``decode(into:checked:workers:)`` needs: every array begins at a multiple of 64 bytes.
    package var decodedByteCount: Int {
        zip(offsets, tensors).reduce(0) { max($0, $1.0 + $1.1.byteCount) }
    }

    /// Codes all arrays again, each block in a container of its own that is let go of at once: the memory of one
    /// block does for all that a thread codes. Blocks are cut and arranged as was found best for their array
    /// before.
    package func encode(workers: Workers) throws {
        let blocks = try tensors.indices.flatMap { index -> [Block] in
            let header = try containers[index]?.withUnsafeBytes { try CodedArray.header(of: $0) }
            let size = header?.blockByteCount ?? coder.blockByteCount
            return stride(from: 0, to: tensors[index].byteCount, by: size).map {
                Block(tensor: index, start: $0, size: size, arrangement: header?.arrangement ?? .plain)
            }
        }
        try workers.forEach(blocks.count) { number in
            let block = blocks[number]
            let tensor = tensors[block.tensor]
            try withExtendedLifetime(tensor) {
                let end = min(block.start + block.size, tensor.byteCount)
                _ = try CodedArray(
                    coding: UnsafeRawBufferPointer(rebasing: tensor.storage.bytes[block.start..<end]),
                    of: tensor.dtype, with: coder, arrangement: block.arrangement,
                    columns: tensor.shape.codedColumns, blockByteCount: block.size, workers: .one)
            }
        }
    }

    private struct Block {
        var tensor: Int
        var start: Int
        var size: Int
        var arrangement: Arrangement
    }

    /// Decodes all arrays.
    ///
    /// - Parameters:
    ///   - memory: at least ``decodedByteCount`` bytes.
    ///   - checked: whether the checksums of the arrays are compared too, as readers of files do.
    package func decode(
        into memory: UnsafeMutableRawBufferPointer, checked: Bool, workers: Workers
    ) throws {
        precondition(memory.count >= decodedByteCount)
        let target = Target(memory: memory)
        try Self.forEach(tensors, coder, workers) { index, workers in
            let tensor = tensors[index]
            let result = target.part(offsets[index], tensor.byteCount)
            guard let container = containers[index] else {
                return result.copyMemory(from: tensor.storage.bytes)
            }
            try container.withUnsafeBytes {
                try CodedArray.decode(
                    $0, of: tensor.dtype, columns: tensor.shape.codedColumns, into: result,
                    isChecked: checked, workers: workers)
            }
        }
    }

    /// Compares what was decoded with the arrays.
    ///
    /// - Throws: ``BantamError`` of kind `internal` if the coder did not give back what it was given.
    package func compare(_ memory: UnsafeRawBufferPointer, workers: Workers) throws {
        let found = Target(memory: UnsafeMutableRawBufferPointer(mutating: memory))
        try workers.forEach(tensors.count) { index in
            let tensor = tensors[index]
            let part = found.part(offsets[index], tensor.byteCount)
            guard let start = part.baseAddress, let expected = tensor.storage.bytes.baseAddress,
                memcmp(start, expected, part.count) == 0
            else {
                throw BantamError(
                    .internal,
                    "\(coder.name) did not give back an array of \(tensor.dtype.rawValue) \(tensor.shape)")
            }
        }
    }

    private static func code(
        _ tensor: Tensor, _ coder: any Coder, _ workers: Workers
    ) throws -> CodedArray? {
        try withExtendedLifetime(tensor) {
            try CodedArray(
                coding: tensor.storage.bytes, of: tensor.dtype, with: coder,
                columns: tensor.shape.codedColumns, workers: workers)
        }
    }

    /// Calls `body` for each tensor, with the threads it may use.
    private static func forEach(
        _ tensors: [Tensor], _ coder: any Coder, _ workers: Workers,
        _ body: @Sendable (Int, Workers) throws -> Void
    ) throws {
        let enough = coder.blockByteCount * workers.count
        for index in tensors.indices where tensors[index].byteCount >= enough { try body(index, workers) }
        // The longest first, so that no thread is left alone with one at the end.
        let small = tensors.indices.filter { tensors[$0].byteCount < enough }
            .sorted { tensors[$0].byteCount > tensors[$1].byteCount }
        try workers.forEach(small.count) { try body(small[$0], .one) }
    }
}

/// Memory in which each array has its own part.
private struct Target: @unchecked Sendable {
    let memory: UnsafeMutableRawBufferPointer

    func part(_ offset: Int, _ count: Int) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: memory[offset..<offset + count])
    }
}
