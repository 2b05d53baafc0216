// Why: tied weights are the same bytes under several names. They are stored once, and whoever shows sizes must not
// count them twice.

import BantamTensors

/// Which of the tensors of a file hold arrays of their own, and which only name those of an earlier one.
struct SharedArrays<Identifier: Hashable & Sendable>: Sendable {
    private let arrays: [[Identifier]]
    /// The first tensor that names an array.
    private let owners: [Identifier: Int]

    /// - Parameter arrays: the arrays that each tensor names, tensors in the order of the file.
    init(_ arrays: [[Identifier]]) {
        self.arrays = arrays
        owners = Dictionary(
            arrays.enumerated().flatMap { index, arrays in arrays.map { ($0, index) } },
            uniquingKeysWith: { first, _ in first })
    }

    /// The arrays of a tensor that no earlier one names; each once.
    func owned(by tensor: Int) -> Set<Identifier> { Set(arrays[tensor]).filter { owners[$0] == tensor } }

    /// The earlier tensor that names exactly the same arrays; `nil` if there is none.
    func twin(of tensor: Int) -> Int? {
        guard let first = arrays[tensor].first, let owner = owners[first], owner < tensor,
            arrays[owner] == arrays[tensor]
        else { return nil }
        return owner
    }
}

/// How reports show a tensor that is held by the arrays of another one.
package func sameAsSummary(_ name: String) -> String { "same as \(oneLine(name))" }
