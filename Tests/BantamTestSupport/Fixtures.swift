import BantamTensors
import Foundation

/// The `Fixtures` folder beside a test file.
public func fixtures(_ testFile: String = #filePath) -> URL {
    URL(fileURLWithPath: testFile).deletingLastPathComponent().appendingPathComponent("Fixtures")
}

/// A folder that is there while `body` runs.
public func withTemporaryFolder<Result>(_ body: (URL) throws -> Result) throws -> Result {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("bantam-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try body(folder)
}

extension URL {
    /// The path of a file in this folder.
    public func file(_ name: String) -> String { appendingPathComponent(name).path }
}

/// Random numbers that are the same on every run (SplitMix64; G. Steele et al., 2014).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A sequence that `seed` alone decides.
    public init(seed: UInt64) { state = seed }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// A normally distributed number (Box–Muller).
    public mutating func normal() -> Float {
        let u = Double.random(in: .leastNonzeroMagnitude...1, using: &self)
        let v = Double.random(in: 0..<1, using: &self)
        return Float((-2 * log(u)).squareRoot() * cos(2 * .pi * v))
    }
}

/// The error `body` throws, `nil` if it throws none or another kind.
public func bantamError(_ body: () throws -> Void) -> BantamError? {
    do { try body() } catch { return error as? BantamError }
    return nil
}
