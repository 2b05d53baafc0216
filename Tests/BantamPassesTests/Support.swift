import BantamEncodings
import BantamPasses
import BantamTestSupport
import BantamTensors
import CBantamKernels

/// Surroundings of a pass that nobody asks for stored bytes.
func context(_ workers: Int = 1) -> PassContext {
    PassContext(workers: Workers(workers)) { _ in throw BantamError(.internal, "not part of this test") }
}

/// Runs `body` once for every level of kernels this processor has, 0 to 2.
func forEachLevel(_ body: (Int) throws -> Void) rethrows {
    for level in 0...Int(bantam_simd_level()) {
        let before = bantam_cap_simd_level_for_tests(Int32(level))
        defer { _ = bantam_cap_simd_level_for_tests(before) }
        try body(level)
    }
}

/// Normally distributed numbers, the same on every run.
func normals(_ count: Int, seed: UInt64 = 1) -> [Float] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in generator.normal() }
}
