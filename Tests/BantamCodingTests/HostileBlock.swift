import BantamTensors
import Testing

/// What becomes of a damaged block. Decoders are given as closures, which take bytes of their exact size so that a
/// sanitizer sees a read beyond them.
enum HostileBlock {
    /// The decoded bytes, or `nil` for an error, which must be of kind `corruption`.
    static func outcome(_ decode: () throws -> [UInt8]) -> [UInt8]? {
        do {
            return try decode()
        } catch let error as BantamError {
            #expect(error.kind == .corruption, "\(error)")
        } catch {
            Issue.record("\(error)")
        }
        return nil
    }

    /// The one outcome at every level of the kernels.
    @discardableResult
    static func outcomeAtEveryLevel(_ decode: () throws -> [UInt8]) -> [UInt8]? {
        let outcomes = FastCoderTests.levels.map { level in
            FastCoderTests.atLevel(level) { outcome(decode) }
        }
        #expect(outcomes.allSatisfy { $0 == outcomes[0] })
        return outcomes[0]
    }
}
