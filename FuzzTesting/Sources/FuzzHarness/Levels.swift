// Why: the kernels have a body for every generation of processors, and each must hold against the same inputs.

import CBantamKernels

/// The levels of the kernels.
public enum Levels {
    /// The processor's own.
    public static let top = bantam_simd_level()

    /// The one result of `work` at the processor's own level and at those below `top`.
    public static func same<Value: Equatable>(
        below top: Int32 = top, _ work: () throws -> Value
    ) rethrows -> Value {
        let result = try work()
        for level in 0..<top {
            guard try at(level, work) == result else {
                fatalError("expected one result, found another at level \(level)")
            }
        }
        return result
    }

    /// What `work` gives at one level.
    public static func at<Value>(_ level: Int32, _ work: () throws -> Value) rethrows -> Value {
        let before = bantam_cap_simd_level_for_tests(level)
        defer { bantam_cap_simd_level_for_tests(before) }
        return try work()
    }
}
