// Why: a large array is judged by pieces, and pieces can hide what a whole block shows.

import BantamTensors

extension AutomaticChoice {
    /// The coder that suits pieces of a large array, and the share of them that it leaves; `nil` for small ones.
    ///
    /// - Complexity: O(1): every coder codes ``smallByteCount`` bytes, two or three a longer piece; see
    ///   ``finalists(among:best:for:)``.
    func coderForLarge(_ tensor: Tensor, workers: Workers) throws -> (coder: any Coder, share: Double)? {
        guard tensor.byteCount > smallByteCount else { return nil }
        let pieces = pieces(of: tensor)
        let sizes = try sizes(of: pieces, of: tensor, by: large, workers: workers)
        let best = choice(among: large, sizes, of: smallByteCount, isLarge: true)
        let finalists = finalists(among: sizes, best: best, for: tensor)
        guard finalists.count > 1 else {
            return (large[best], Double(sizes[best]) / Double(smallByteCount))
        }
        let coders = finalists.map { large[$0] }
        // Around three eighths: what consists of two, three or four parts has no border there.
        let piece = middle(
            of: 0..<tensor.byteCount / 4 * 3, longPieceByteCount(of: tensor), of: tensor)
        let longSizes = try self.sizes(of: [piece], of: tensor, by: coders, workers: workers)
        let chosen = choice(among: coders, longSizes, of: piece.count, isLarge: true)
        return (coders[chosen], Double(longSizes[chosen]) / Double(piece.count))
    }

    /// What each coder makes of all pieces together.
    private func sizes(
        of pieces: [Range<Int>], of tensor: Tensor, by coders: [any Coder], workers: Workers
    ) throws -> [Int] {
        let trials = try workers.map(coders.count * pieces.count) { trial in
            let piece = pieces[trial % pieces.count]
            let coder = coders[trial / pieces.count]
            return try AutomaticChoice.coded(tensor, piece, by: coder, workers: .one)?.byteCount
                ?? piece.count
        }
        return coders.indices.map { trials[($0 * pieces.count)...].prefix(pieces.count).reduce(0, +) }
    }

    /// Those of the large coders, as indices in order, between which only a longer piece can decide.
    ///
    /// `dense` tells a block the scales of its columns: on a few rows that costs more than it gains. For size also all
    /// that are about as small as the smallest, because adaptive coders have learnt little on a short piece.
    private func finalists(among sizes: [Int], best: Int, for tensor: Tensor) -> [Int] {
        guard !isEstimate, optimization != .speed else { return [] }
        return sizes.indices.filter {
            $0 == best || large[$0].identifier == DenseCoder.identifier && hidesColumns(tensor)
                || optimization == .size && 128 * (sizes[$0] - sizes[best]) <= smallByteCount
        }
    }

    /// Whether a piece has too few rows to show what the scales of columns are worth, and a longer one has some.
    private func hidesColumns(_ tensor: Tensor) -> Bool {
        let rowByteCount = AutomaticChoice.rowByteCount(of: tensor)
        return rowByteCount > 0 && DenseFamily(tensor.dtype).numbers != nil
            && pieceByteCount < 64 * rowByteCount && longPieceByteCount(of: tensor) >= 4 * rowByteCount
    }

    /// For size a half of the block of `max`, in between up to a block of `dense`, but mostly no more than 1/16 of the
    /// array.
    private func longPieceByteCount(of tensor: Tensor) -> Int {
        optimization == .size
            ? min(8 * pieceByteCount, tensor.byteCount / 64 * 64)
            : min(16 * pieceByteCount, max(4 * pieceByteCount, tensor.byteCount / 1024 * 64))
    }

    /// The middle of each of as many equal parts of a large array as there are pieces: the ends of a table are often
    /// unlike the rest. Elements of 64 bits are looked at in half as many pieces of twice the length, as `fast` saves
    /// what they leave out in runs of 16384 elements and more only.
    private func pieces(of tensor: Tensor) -> [Range<Int>] {
        let count = tensor.dtype.alignment < 8 ? AutomaticChoice.pieceCount : AutomaticChoice.pieceCount / 2
        let part = tensor.byteCount / count
        return (0..<count).map {
            middle(of: part * $0..<part * ($0 + 1), smallByteCount / count, of: tensor)
        }
    }

    /// So many bytes around the middle of a part, and within the array. They begin with a row, because coders are
    /// told of rows.
    private func middle(of part: Range<Int>, _ byteCount: Int, of tensor: Tensor) -> Range<Int> {
        let centred = part.lowerBound + (part.count - byteCount) / 2
        let first = max(0, min(centred, tensor.byteCount - byteCount))
        let rowByteCount = AutomaticChoice.rowByteCount(of: tensor)
        let unit = 1...max(1, centred - part.lowerBound) ~= rowByteCount ? rowByteCount : 64
        let start = first / unit * unit
        return start..<start + byteCount
    }

    private static func rowByteCount(of tensor: Tensor) -> Int {
        tensor.shape.codedColumns * tensor.dtype.bitWidth / 8
    }
}
