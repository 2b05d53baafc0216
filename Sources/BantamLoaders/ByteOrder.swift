/// Which byte of a number comes first in a file.
public enum ByteOrder: String, Sendable, Hashable, CaseIterable {
    /// The lowest byte first, as tensors have it in memory.
    case little
    /// The highest byte first.
    case big
}
