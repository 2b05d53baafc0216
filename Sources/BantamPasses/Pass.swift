import BantamEncodings
import BantamTensors

/// One step of a recipe: an encoding in, an encoding out.
///
/// A pass is a value with its parameters. It reaches through what earlier passes made: quantizing a low-rank
/// tensor quantizes both factors.
public protocol Pass: Sendable {
    /// What recipes call it: `quantize`, `prune`, `sparse`, `low-rank`.
    var name: String { get }

    /// The step taken.
    ///
    /// - Throws: ``BantamError`` of kind `invalidArgument` if the pass cannot apply to this encoding,
    ///   `corruption` if the values forbid it (NaN, infinity).
    func apply(to encoding: Encoding, _ context: PassContext) throws -> PassResult
}

/// What a pass may use of its surroundings.
public struct PassContext: Sendable {
    /// Threads to work with. The result does not depend on their number.
    public var workers: Workers
    /// The bytes an encoding takes once it is coded and stored, for passes that choose the smallest.
    public var storedBytes: @Sendable (Encoding) throws -> Int
    /// About as many, found with less effort: enough to rank encodings that are much alike.
    public var estimatedBytes: @Sendable (Encoding) throws -> Int

    /// Surroundings of a pass; without `estimatedBytes` nothing is estimated.
    public init(
        workers: Workers, storedBytes: @escaping @Sendable (Encoding) throws -> Int,
        estimatedBytes: (@Sendable (Encoding) throws -> Int)? = nil
    ) {
        self.workers = workers
        self.storedBytes = storedBytes
        self.estimatedBytes = estimatedBytes ?? storedBytes
    }
}

/// What a pass made, and what the user should be told about it.
public struct PassResult: Sendable {
    /// The new encoding.
    public var encoding: Encoding
    /// What was chosen, kept or skipped, a sentence each without the tensor's name.
    public var notes: [String]

    /// A result.
    public init(_ encoding: Encoding, notes: [String] = []) {
        self.encoding = encoding
        self.notes = notes
    }
}
