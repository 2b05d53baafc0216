// Why: a checksum stops nearly every changed input before it reaches the code behind it. The readers' errors say
// which checksum they expected and which one they found, so the harness can make the input keep its promise.

import Bantam

/// Putting right checksums into inputs.
public enum Repair {
    /// The two hexadecimal numbers of an error that says `… WORDS A, found B`; `nil` if `body` throws no such error.
    public static func numbers(after words: String, _ body: () throws -> Void) -> (
        expected: UInt64, found: UInt64
    )? {
        do { try body() } catch let error as BantamError {
            guard let start = error.message.firstRange(of: words) else { return nil }
            let parts = error.message[start.upperBound...].split(separator: ", found ")
            guard parts.count == 2, let expected = UInt64(parts[0], radix: 16),
                let found = UInt64(parts[1], radix: 16)
            else { return nil }
            return (expected, found)
        } catch {}
        return nil
    }
}

extension [UInt8] {
    /// Writes `new`, little-endian, wherever `old` stands.
    public mutating func replace<Number: FixedWidthInteger>(_ old: Number, by new: Number) {
        let size = Number.bitWidth / 8
        func bytes(_ number: Number) -> [UInt8] {
            (0..<size).map { UInt8(truncatingIfNeeded: number >> Number(8 * $0)) }
        }
        replace(bytes(old), by: bytes(new))
    }

    /// Writes `new` wherever `old`, which is as long, stands.
    public mutating func replace(_ old: [UInt8], by new: [UInt8]) {
        precondition(old.count == new.count && !old.isEmpty)
        guard count >= old.count else { return }
        for start in 0...count - old.count where self[start] == old[0] {
            guard self[start..<start + old.count].elementsEqual(old) else { continue }
            replaceSubrange(start..<start + old.count, with: new)
        }
    }
}
