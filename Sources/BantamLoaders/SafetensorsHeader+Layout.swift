import BantamTensors

extension SafetensorsHeader {
    /// In which order tensors are laid out.
    public enum Order: Sendable {
        /// As the reference implementation does it: by falling alignment, so that every tensor of whole bytes is
        /// aligned, and by name (its bytes) among equal dtypes.
        case reference
        /// As they are given. Tensors may then be unaligned in the file and are copied when read.
        case given
    }

    /// A header for tensors that are to be written one after another without holes.
    ///
    /// - Parameters:
    ///   - entries: the tensors; names are unique.
    ///   - metadata: text to go with them, `nil` for none.
    ///   - order: the order in the file. ``items`` comes out in that order.
    /// - Throws: ``BantamError``: `compatibility` for a dtype that the format does not have, `invalidArgument`
    ///   for a name that occurs twice or is reserved, a key of the text that occurs twice, or sub-byte elements
    ///   that do not fill whole bytes.
    /// - Complexity: O(n log n).
    public init(
        layingOut entries: [TensorEntry], metadata: [(key: String, value: String)]? = nil,
        order: Order = .reference
    ) throws {
        var ranks: [Int] = []
        var names: Set<String> = []
        for entry in entries {
            guard let rank = SafetensorsDType.rank(of: entry.dtype) else { throw Self.cannotHold(entry) }
            ranks.append(rank)
            guard entry.name != Self.metadataKey else {
                throw BantamError(
                    .invalidArgument, tensor: entry.name, "this name is reserved in safetensors")
            }
            guard names.insert(entry.name).inserted else {
                throw BantamError(.invalidArgument, tensor: entry.name, "this name occurs twice")
            }
        }
        var keys: Set<ExactString> = []
        for (key, _) in metadata ?? [] where !keys.insert(ExactString(key)).inserted {
            throw BantamError(.invalidArgument, "the metadata key '\(key)' occurs twice")
        }

        var sequence = Array(entries.indices)
        if order == .reference {
            sequence.sort { a, b in
                ranks[a] != ranks[b]
                    ? ranks[a] > ranks[b] : ExactString(entries[a].name) < ExactString(entries[b].name)
            }
        }
        var end = 0
        self.items = try sequence.map { index in
            let entry = entries[index]
            guard let byteCount = Tensor.byteCount(entry.dtype, entry.shape) else {
                throw BantamError(
                    .invalidArgument, tensor: entry.name,
                    "\(entry.dtype.rawValue) elements of shape \(entry.shape) do not fill whole bytes")
            }
            let (sum, overflow) = end.addingReportingOverflow(byteCount)
            guard !overflow else {
                throw BantamError(.invalidArgument, tensor: entry.name, "too many bytes for one file")
            }
            defer { end = sum }
            return Item(entry, end..<sum)
        }
        self.metadata = metadata
    }
}
