import Synchronization
import Testing

@testable import BantamTensors

@Suite struct TurnsTests {
    /// Several chains, whose pieces are interleaved.
    @Test(arguments: [1, 2, 4, 9]) func turnsComeInOrder(threads: Int) throws {
        let chains = 3
        let turns = Turns(chains: chains)
        let seen = Mutex([[Int]](repeating: [], count: chains))
        try Workers(threads).forEach(300, turns: turns) { piece in
            let result = try turns.take(piece, position: piece / chains, chain: piece % chains) {
                seen.withLock { $0[piece % chains].append(piece / chains) }
                return piece
            }
            #expect(result == piece)
        }
        #expect(seen.withLock { $0 } == [[Int]](repeating: Array(0..<100), count: chains))
    }

    /// Nobody waits for a piece that failed before, in or after its turn, and the lowest error is told.
    @Test(arguments: [1, 2, 4, 9], 0..<3) func failuresRelease(threads: Int, moment: Int) throws {
        for round in 0..<20 {
            let turns = Turns(chains: 2)
            let done = Atomic(0)
            let error = #expect(throws: BantamError.self) {
                try Workers(threads).forEach(100, turns: turns) { piece in
                    func failing(_ when: Int) throws {
                        if when == moment, piece >= 10 + round {
                            throw BantamError(.io, "piece \(piece) failed")
                        }
                    }
                    try failing(0)
                    try turns.take(piece, position: piece / 2, chain: piece % 2) { try failing(1) }
                    try failing(2)
                    done.add(1, ordering: .relaxed)
                }
            }
            #expect(error?.message == "piece \(10 + round) failed")
            #expect(done.load(ordering: .relaxed) == 10 + round)
        }
    }
}
