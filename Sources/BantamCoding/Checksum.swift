// Why: every stored byte is covered by a checksum, and there is one place that says which.

import BantamTensors
import CXXHash

/// XXH3-64 with seed 0, the checksum of everything Bantam stores.
///
/// Source: Y. Collet, xxHash, "XXH3" as of version 0.8; computed by the system's libxxhash.
public struct Checksum: Sendable, Hashable, CustomStringConvertible {
    /// The 64 bits.
    public let value: UInt64

    /// A checksum known from elsewhere.
    public init(value: UInt64) { self.value = value }

    /// The checksum of `bytes`.
    ///
    /// - Complexity: O(bytes), at the speed of memory.
    public init(of bytes: UnsafeRawBufferPointer) {
        ProcessorLoops.choose()
        value = bantam_xxh3_64bits(bytes.baseAddress, bytes.count)
    }

    /// The checksum of `bytes`.
    public init(of bytes: [UInt8]) { self = bytes.withUnsafeBytes { Checksum(of: $0) } }

    /// The checksum of a tensor's bytes.
    ///
    /// Pages of a mapped file do not stay in memory for it.
    public init(of tensor: Tensor) {
        var streaming = StreamingChecksum()
        tensor.storage.forEachPiece { streaming.update($0) }
        self = streaming.checksum
    }

    /// Sixteen lower-case hexadecimal digits, most significant first.
    public var description: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// The checksum that `text` writes; `nil` unless it is sixteen lower-case hexadecimal digits.
    public init?(_ text: String) {
        guard let value = UInt64(text, radix: 16), Checksum(value: value).description == text else {
            return nil
        }
        self.value = value
    }
}

/// A checksum of bytes that come in pieces.
public struct StreamingChecksum: ~Copyable {
    private let state: OpaquePointer

    /// The checksum of no bytes yet.
    public init() {
        ProcessorLoops.choose()
        guard let state = XXH3_createState() else { preconditionFailure("out of memory") }
        XXH3_64bits_reset(state)
        self.state = state
    }

    deinit { XXH3_freeState(state) }

    /// Adds the next bytes.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        if !bytes.isEmpty { _ = bantam_xxh3_64bits_update(state, bytes.baseAddress, bytes.count) }
    }

    /// The checksum of all bytes so far.
    public var checksum: Checksum { Checksum(value: XXH3_64bits_digest(state)) }
}

/// libxxhash notes at its first call which loops suit the processor, without regard to other threads; so there is
/// one first call, and all others wait for it.
private enum ProcessorLoops {
    private static let chosen: UInt64 = {
        // Shorter input than this does not come to the loops.
        [UInt8](repeating: 0, count: 1024).withUnsafeBytes { bantam_xxh3_64bits($0.baseAddress, $0.count) }
    }()

    static func choose() { _ = chosen }
}
