import BantamPasses

/// Which pass can follow which, so that a recipe that cannot run is refused before a tensor is read.
struct StepOrder {
    private var isFirst = true
    private var isFactorized = false
    private var isSparse = false
    private var codes: Quantize.Scheme?

    /// Notes a step.
    ///
    /// - Returns: why it cannot stand here; `nil` if it can.
    mutating func objection(to step: Step) -> String? {
        defer { isFirst = false }
        guard case .pass(let pass) = step.action else {
            return isFirst
                ? nil
                : "pruning with scope global ranks the tensors as they are in the file: expected it as the "
                    + "first pass of its rule"
        }
        switch pass {
        case let quantize as Quantize:
            if codes != nil { return "expected one quantize to codes, found a second one" }
            if isSparse, quantize.scheme == .affine, quantize.granularity == .channel {
                return "expected symmetric codes for each channel of sparse values, found affine ones"
            }
            codes = quantize.scheme
        case is Sparsify:
            if isSparse { return "expected one sparse, found a second one" }
            if codes == .affine { return "expected sparse before affine codes, whose zero is not the code 0" }
            isSparse = true
        case is Factorize:
            if isFactorized { return "expected one low-rank, found a second one" }
            if codes != nil || isSparse { return "expected low-rank before quantize and sparse" }
            isFactorized = true
        case is Prune:
            if codes != nil || isSparse { return "expected prune before quantize and sparse" }
        default:
            if codes != nil { return "expected \(step.label) before quantize to codes" }
        }
        return nil
    }
}
