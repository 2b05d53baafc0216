import BantamTensors
import Synchronization
import Testing

@Suite struct WorkersTests {
    @Test(arguments: [1, 2, 4, 64]) func everyPieceRunsOnce(threads: Int) throws {
        let calls = Mutex([Int](repeating: 0, count: 1000))
        try Workers(threads).forEach(1000) { piece in calls.withLock { $0[piece] += 1 } }
        #expect(calls.withLock { $0 } == [Int](repeating: 1, count: 1000))
    }

    @Test(arguments: [1, 2, 4]) func resultsStandInOrder(threads: Int) throws {
        #expect(try Workers(threads).map(100) { $0 * $0 } == (0..<100).map { $0 * $0 })
    }

    @Test(arguments: [1, 4]) func theLowestFailureIsReported(threads: Int) throws {
        let error = #expect(throws: BantamError.self) {
            try Workers(threads).forEach(100) { piece in
                if piece >= 7 { throw BantamError(.io, "piece \(piece)") }
            }
        }
        #expect(error?.message == "piece 7")
    }
}
