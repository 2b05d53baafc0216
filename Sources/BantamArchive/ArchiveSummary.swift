// Why: the true sizes are known only when the file is written; whoever wrote it wants to show them.

/// What was written.
public struct ArchiveSummary: Sendable {
    /// One original tensor.
    public struct Tensor: Sendable {
        /// Its name.
        public var name: String
        /// How it is held: `quantized>csr>coded`, `dense`, `same as NAME`, `same as base`, …
        public var encoding: String
        /// The coders of its arrays, each once; none if it is the same as another.
        public var coders: [String]
        /// The bytes of its stored arrays, without those that an earlier tensor has already.
        public var byteCount: Int
        /// Whether it comes back bit for bit.
        public var isLossless: Bool
    }

    /// The bytes of the file.
    public var byteCount: Int
    /// Of those, the bytes before the data: the length and the header.
    public var headerByteCount: Int
    /// The bytes that storing equal arrays once has saved.
    public var sharedByteCount: Int
    /// Every tensor, in the order of the source.
    public var tensors: [Tensor]
}
