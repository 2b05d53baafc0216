// Why: a user wants to know that a file is whole before deleting the original.

import BantamLoaders
import BantamTensors

extension CompressedFile {
    /// Decodes everything and checks every checksum; together with opening, every bit of the file.
    ///
    /// Of tensors that need a base, if none is given, only the stored bytes and what they decode to: not the
    /// tensor.
    ///
    /// - Parameter workers: threads to use.
    /// - Throws: ``BantamError`` with the first tensor, in the order of the file, that is not what it should be.
    public func verify(workers: Workers) throws {
        try PieceWork(entries.indices.map { try StoredPieces(self, at: $0) }).run(workers) { index in
            if base == nil, tensors[index].tree.base != nil {
                try checkStored(at: index, workers: .one)
            } else {
                _ = try tensor(at: index, workers: .one)
            }
        } piece: { _, _, _ in
        }
    }
}
