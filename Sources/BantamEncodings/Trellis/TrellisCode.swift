// Why: the rule that gives indices their meaning stands in one place, plain enough to be read as its definition.

import CBantamKernels

/// Two scalar quantizers and the machine that says which of them the next index is of.
///
/// Levels count steps. Quantizer 0 has the even levels, quantizer 1 the odd ones and zero; the machine goes on by the
/// parity of each index, so that neighbouring levels of one quantizer lead to different states. Together the
/// reachable sequences are a denser packing than a lattice of single numbers.
///
/// Source: M. W. Marcellin and T. R. Fischer, "Trellis coded quantization", 1990; H. Schwarz et al., "Hybrid video
/// coding with trellis-coded quantization", 2019; the generators are Ungerboeck's codes of greatest free distance
/// (G. Ungerboeck, "Trellis-coded modulation with redundant signal sets", 1987).
public enum TrellisCode: Int, Sendable, CaseIterable {
    /// 8 states: fastest to encode.
    case states8 = 8
    /// 64 states.
    case states64 = 64
    /// 256 states: smallest.
    case states256 = 256

    /// The number of states; decoding takes the same time with any.
    public var stateCount: Int { rawValue }

    /// What the lowest bit of a state, and what an odd index, changes in the next one: the octal generators
    /// (13, 04), (165, 042) and (523, 212) without their lowest bits.
    var generators: (quantizer: UInt32, parity: UInt32) {
        switch self {
        case .states8: (0o13 >> 1, 0o4 >> 1)
        case .states64: (0o165 >> 1, 0o42 >> 1)
        case .states256: (0o523 >> 1, 0o212 >> 1)
        }
    }

    /// The quantizer of indices met in `state`: 0 or 1.
    public static func quantizer(in state: Int) -> Int { state & 1 }

    /// The state after `index` was met in `state`. Every lane of a block starts from state 0.
    public func state(after index: Int, in state: Int) -> Int {
        let (quantizer, parity) = generators
        return state >> 1 ^ (state & 1) * Int(quantizer) ^ (index & 1) * Int(parity)
    }

    /// The level an index stands for: 2k, or for quantizer 1 2k − sgn k.
    public static func level(of index: Int, quantizer: Int) -> Int { 2 * index - quantizer * index.signum() }

    /// The code as the kernels take it.
    package var kernel: bantam_trellis {
        bantam_trellis(state_count: UInt32(rawValue), h0: generators.quantizer, h1: generators.parity)
    }
}
