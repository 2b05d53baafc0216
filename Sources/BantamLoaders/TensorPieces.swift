// Why: a large tensor need not be in memory as a whole to go from one file to another, and all threads can work on it.

import BantamTensors

/// A tensor that can be had in pieces.
///
/// Each piece is asked for once. What depends on their order, a checksum for one, is left to turns that come in
/// the order of the pieces; when the last turn of a tensor is over, its bytes are known to be right.
public protocol TensorPieces: Sendable {
    /// What the tensor is.
    var entry: TensorEntry { get }
    /// Where the pieces stand among the tensor's bytes: one after the other, at least one.
    var ranges: [Range<Int>] { get }

    /// Makes a piece and calls `body` with its bytes.
    ///
    /// - Parameter inTurn: calls what it is given when all lower pieces of the tensor have had their turn.
    /// - Throws: ``BantamError`` if the tensor is damaged, and what `inTurn` and `body` throw.
    func withPiece(
        _ index: Int, inTurn: (() throws -> Void) throws -> Void,
        _ body: (UnsafeRawBufferPointer) throws -> Void
    ) throws
}

/// Goes through many tensors in parallel: in pieces where they come so, else one at a time per thread.
public struct PieceWork: Sendable {
    private let units: [Unit]
    private let chainCount: Int

    private enum Unit: Sendable {
        case whole(item: Int)
        case piece(any TensorPieces, index: Int, item: Int, chain: Int)
    }

    /// Work on items in their order.
    ///
    /// - Parameter items: `nil` for a tensor that only comes as a whole.
    public init(_ items: [(any TensorPieces)?]) {
        var units: [Unit] = []
        var chains = 0
        for (item, pieces) in items.enumerated() {
            guard let pieces else {
                units.append(.whole(item: item))
                continue
            }
            for index in pieces.ranges.indices {
                units.append(.piece(pieces, index: index, item: item, chain: chains))
            }
            chains += 1
        }
        self.units = units
        chainCount = chains
    }

    /// Does the work, once.
    ///
    /// - Parameters:
    ///   - whole: called with each item that has no pieces, from any thread.
    ///   - piece: called with the item, where the piece begins in it and the bytes, from any thread.
    /// - Throws: the error of the lowest item that fails.
    public func run(
        _ workers: Workers, whole: @Sendable (Int) throws -> Void,
        piece: @Sendable (_ item: Int, _ offset: Int, _ bytes: UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let turns = Turns(chains: chainCount)
        try workers.forEach(units.count, turns: turns) { number in
            switch units[number] {
            case .whole(let item): try whole(item)
            case .piece(let pieces, let index, let item, let chain):
                try pieces.withPiece(index) {
                    try turns.take(number, position: index, chain: chain, $0)
                } _: {
                    try piece(item, pieces.ranges[index].lowerBound, $0)
                }
            }
        }
    }
}
