import BantamTensors
import CZlib

/// Undoes DEFLATE piece by piece, into memory the caller sized beforehand.
final class Inflater {
    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var input: UnsafeRawBufferPointer.SubSequence
    private var hasEnded = false
    /// CRC-32 of everything read so far.
    private(set) var checksum: UInt32 = 0

    /// An inflater for a raw stream in `bytes`, which outlive it.
    init(_ bytes: UnsafeRawBufferPointer) throws {
        stream.initialize(to: z_stream())
        input = bytes[...]
        // Negative window bits: no zlib header around the stream.
        let status = inflateInit2_(stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            throw BantamError(.internal, "zlib cannot be started (status \(status))")
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deallocate()
    }

    /// Fills `target` with the next bytes.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` if the stream is damaged or ends before.
    func read(into target: UnsafeMutableRawBufferPointer) throws {
        var filled = 0
        while filled < target.count {
            let count = try step(UnsafeMutableRawBufferPointer(rebasing: target[filled...]))
            filled += count
            guard count > 0 || !hasEnded else {
                throw BantamError(.corruption, "zip: the deflated data ends before its promised size")
            }
        }
        checksum = crc32(of: UnsafeRawBufferPointer(target), continuing: checksum)
    }

    /// Throws unless the stream ends here and takes up all its input.
    func finish() throws {
        try withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { spare in
            while !hasEnded {
                guard try step(spare) == 0 else {
                    throw BantamError(.corruption, "zip: the deflated data goes on after its promised size")
                }
            }
        }
        guard input.isEmpty else {
            throw BantamError(.corruption, "zip: \(input.count) bytes follow the deflated data")
        }
    }

    /// One call of zlib, which counts in 32 bits.
    private func step(_ target: UnsafeMutableRawBufferPointer) throws -> Int {
        let most = 1 << 30
        let offered = min(input.count, most)
        let room = min(target.count, most)
        stream.pointee.next_in = UnsafeMutablePointer(
            mutating: UnsafeRawBufferPointer(rebasing: input).baseAddress?.assumingMemoryBound(to: Bytef.self)
        )
        stream.pointee.avail_in = uInt(offered)
        stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: Bytef.self)
        stream.pointee.avail_out = uInt(room)
        let status = inflate(stream, Z_NO_FLUSH)
        let taken = offered - Int(stream.pointee.avail_in)
        input = input.dropFirst(taken)
        hasEnded = status == Z_STREAM_END
        switch status {
        case Z_STREAM_END, Z_OK: break
        case Z_BUF_ERROR: throw BantamError(.insufficientData, "zip: the deflated data is cut off")
        case Z_MEM_ERROR: throw BantamError(.io, "zlib ran out of memory")
        default:
            let detail = stream.pointee.msg.map { String(cString: $0) } ?? "status \(status)"
            throw BantamError(.corruption, "zip: the deflated data is damaged (\(detail))")
        }
        return room - Int(stream.pointee.avail_out)
    }
}

/// CRC-32 as zip has it, of bytes that follow those with the checksum `start`.
func crc32(of bytes: UnsafeRawBufferPointer, continuing start: UInt32 = 0) -> UInt32 {
    guard let first = bytes.baseAddress else { return start }
    return UInt32(
        truncatingIfNeeded: crc32_z(uLong(start), first.assumingMemoryBound(to: Bytef.self), bytes.count))
}
