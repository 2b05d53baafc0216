// Why: a user wants to know that a file is whole before deleting the original.

import BantamCoding
import BantamLoaders
import BantamTensors

extension CompressedFile {
    /// Decodes everything and checks every checksum; together with opening, every bit of the file.
    ///
    /// - Parameter workers: tensors checked at the same time.
    /// - Throws: ``BantamError`` with the first tensor, in the order of the file, that is not what it should be.
    public func verify(workers: Workers) throws {
        try workers.forEach(entries.count) { _ = try tensor(at: $0, workers: .one) }
        if let header = try sourceHeader() {
            try locating(file: path) {
                _ = try header.withUnsafeBytes {
                    try SafetensorsHeader(parsing: $0, dataByteCount: entries.reduce(0) { $0 + $1.byteCount })
                }
            }
        }
    }
}
