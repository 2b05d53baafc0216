// Why: large tensors are coded on their way into the file. Where a block goes is known when all before it are coded,
// so blocks are coded by all threads, get their places in turn, and are written by all threads again.

import BantamCoding
import BantamLoaders
import BantamTensors
import Synchronization

/// The data section of a compressed file while it is written, after room for the header.
final class ArchiveData: @unchecked Sendable {
    /// What became of the streams.
    struct Written {
        /// The arrays as they stand in the file, by the position of their tensor in the source.
        var streamed: [(index: Int, array: SpooledArray)] = []
        /// The positions of tensors that do not get small enough to be coded; the file has to be written anew.
        var refused: [Int] = []
    }

    private let arrays: [SpooledArray]
    private let units: [Unit]
    private let spool: SpoolFile
    private let output: OutputFile
    private let progress: @Sendable (Int) -> Void
    private let start: Int
    private let streams: [Stream?]
    private let written = Mutex(Written())

    /// A piece of work.
    private enum Unit {
        case copy(Range<Int>)
        case block(Int, array: Int)
    }

    /// A stream on its way.
    private final class Stream: @unchecked Sendable {
        let stream: TensorStream
        let unwritten: Atomic<Int>
        // These are only touched in turn, or when all blocks are written.
        var raw = StreamingChecksum()
        var start = 0
        var sizes: [(byteCount: Int, isRaw: Bool)] = []

        init(_ stream: TensorStream) {
            self.stream = stream
            unwritten = Atomic(stream.encoder.ranges.count)
        }

        var byteCount: Int { sizes.reduce(stream.encoder.headByteCount) { $0 + $1.byteCount } }
    }

    /// Spooled arrays are copied in pieces of so many bytes.
    private static let pieceByteCount = 2 << 20

    /// The data of `plan`, to be written to `output` behind as many bytes as its prologue has.
    init(
        _ plan: ArchivePlan, spool: SpoolFile, output: OutputFile, progress: @escaping @Sendable (Int) -> Void
    ) {
        arrays = plan.arrays
        self.spool = spool
        self.output = output
        self.progress = progress
        start = plan.prologue.count
        streams = plan.arrays.map { $0.stream.map(Stream.init) }
        units = plan.arrays.enumerated().flatMap { position, array -> [Unit] in
            if let stream = array.stream {
                return stream.encoder.ranges.indices.map { .block($0, array: position) }
            }
            return stride(
                from: array.range.lowerBound, to: array.range.upperBound, by: ArchiveData.pieceByteCount
            ).map { .copy($0..<min($0 + ArchiveData.pieceByteCount, array.range.upperBound)) }
        }
    }

    /// Writes everything.
    ///
    /// - Throws: ``BantamError`` of kind `io`, and what coders throw.
    func write(_ workers: Workers) throws -> Written {
        try output.end(at: start)
        output.allocate(arrays.reduce(start) { $0 + $1.range.count })
        let turns = Turns(chains: 1)
        try workers.forEach(units.count, turns: turns) { unit in
            func inTurn<Result>(_ body: () throws -> Result) throws -> Result {
                try turns.take(unit, position: unit, chain: 0, body)
            }
            switch units[unit] {
            case .copy(let range):
                var place = try inTurn { try output.reserve(range.count) }
                try spool.forEachPiece(of: range) {
                    try output.write($0, at: place)
                    place += $0.count
                }
            case .block(let index, let array):
                guard let stream = streams[array] else { return }
                try write(index, of: stream, inTurn: inTurn)
                if stream.unwritten.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
                    try complete(stream, arrays[array])
                }
            }
        }
        try output.end(at: output.byteCount)
        return written.withLock { $0 }
    }

    private func write(
        _ index: Int, of stream: Stream, inTurn: (() throws -> Int) throws -> Int
    ) throws {
        let encoder = stream.stream.encoder
        let raw = encoder.rawBytes(index)
        let coded = try encoder.encode(index)
        let place = try inTurn {
            if index == 0 { stream.start = try output.reserve(encoder.headByteCount) }
            let byteCount = coded?.count ?? raw.count
            stream.sizes.append((byteCount, coded == nil))
            stream.raw.update(raw)
            return try output.reserve(byteCount)
        }
        if let coded {
            try coded.withUnsafeBytes { try output.write($0, at: place) }
        } else {
            try output.write(raw, at: place)
        }
        encoder.letGo(of: index)
        progress(raw.count)
    }

    /// Writes what stands before the blocks, which are all written, and finds the checksum.
    private func complete(_ stream: Stream, _ array: SpooledArray) throws {
        let byteCount = stream.byteCount
        let isOneRawBlock = stream.sizes.count == 1 && stream.sizes[0].isRaw
        guard !isOneRawBlock, stream.stream.encoder.isWorthwhile(byteCount) else {
            written.withLock { $0.refused.append(stream.stream.index) }
            return
        }
        let rawChecksum = stream.raw.checksum
        let head = stream.stream.encoder.head(of: stream.sizes, rawChecksum: rawChecksum)
        var checksum = StreamingChecksum()
        try head.withUnsafeBytes {
            try output.write($0, at: stream.start)
            checksum.update($0)
        }
        try output.forEachPiece(of: stream.start + head.count..<stream.start + byteCount) {
            checksum.update($0)
        }
        let result = array.written(
            byteCount: byteCount, checksum: checksum.checksum, rawChecksum: rawChecksum)
        written.withLock { $0.streamed.append((stream.stream.index, result)) }
    }
}
