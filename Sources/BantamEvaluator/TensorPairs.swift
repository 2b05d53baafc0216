// Which tensor of the compressed file belongs to which of the original.

import BantamLoaders
import BantamTensors

/// The tensors of two files matched by name.
struct TensorPairs: Sendable {
    let original: any TensorFile
    let compressed: any TensorFile
    /// For each entry of the original, the position of the same name in the compressed file.
    let positions: [Int]

    /// Matches names byte for byte.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` that lists the tensors that are missing, are too many
    ///   or have another shape.
    init(original: any TensorFile, compressed: any TensorFile) throws {
        self.original = original
        self.compressed = compressed
        // As bytes: strings that merely look the same are different names.
        var known: [[UInt8]: Int] = [:]
        for (index, entry) in compressed.entries.enumerated() { known[Array(entry.name.utf8)] = index }
        var positions: [Int] = []
        var missing: [String] = []
        var reshaped: [String] = []
        for entry in original.entries {
            guard let index = known.removeValue(forKey: Array(entry.name.utf8)) else {
                missing.append("'\(entry.name)'")
                continue
            }
            let shape = compressed.entries[index].shape
            if shape != entry.shape { reshaped.append("'\(entry.name)' (\(entry.shape) and \(shape))") }
            positions.append(index)
        }
        let extra = known.values.sorted().map { "'\(compressed.entries[$0].name)'" }
        let faults = [("missing", missing), ("not in the original", extra), ("of another shape", reshaped)]
            .filter { !$0.1.isEmpty }
        guard faults.isEmpty else {
            throw BantamError(
                .invalidArgument, file: compressed.path,
                "expected the tensors of \(original.path); "
                    + faults.map { "\($0.0): \(TensorPairs.list($0.1))" }.joined(separator: "; "))
        }
        self.positions = positions
    }

    /// The tensor before and after.
    func tensors(at index: Int) throws -> (original: Tensor, compressed: Tensor) {
        let name = original.entries[index].name
        return (
            try locating(file: original.path, tensor: name) { try original.tensor(at: index) },
            try locating(file: compressed.path, tensor: name) {
                try compressed.tensor(at: positions[index])
            }
        )
    }

    private static func list(_ names: [String]) -> String {
        let shown = names.prefix(8).joined(separator: ", ")
        return names.count > 8 ? shown + " and \(names.count - 8) more" : shown
    }
}
