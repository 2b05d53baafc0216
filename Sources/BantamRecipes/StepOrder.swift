import BantamPasses

/// Which pass can follow which, so that a recipe that cannot run is refused before a tensor is read.
struct StepOrder {
    private var isFirst = true
    private var isFactorized = false
    private var isSparse = false
    private var codes: Quantize.Scheme?
    private var isPalettized = false
    private var isRotated = false
    private var isScaledLevels = false
    private var isTrellisCoded = false
    private var isCast = false

    /// Notes a step.
    ///
    /// - Returns: why it cannot stand here; `nil` if it can.
    mutating func objection(to step: Step) -> String? {
        defer { isFirst = false }
        if isTrellisCoded { return "expected quantize with a step or goal to be last, found \(step.label)" }
        if case .rateDistortion = step.action {
            isTrellisCoded = true
            return isFactorized || isSparse || codes != nil || isPalettized || isCast
                ? "expected quantize with a step or goal before all but prune, found it after another pass"
                : nil
        }
        guard case .pass(let pass) = step.action else {
            if case .sharedPalette = step.action { isPalettized = true }
            return isFirst
                ? nil
                : "\(step.label) looks at the tensors as they are in the file: expected it as the first pass of "
                    + "its rule"
        }
        switch pass {
        case let quantize as Quantize:
            if codes != nil { return "expected one quantize to codes, found a second one" }
            if isPalettized { return "expected either quantize or palettize, found both" }
            if isSparse, quantize.rotation != nil {
                return "expected no rotation of sparse values, found rotate: hadamard"
            }
            isRotated = quantize.rotation != nil
            if isSparse, quantize.scheme == .affine, quantize.granularity == .channel {
                return "expected symmetric codes for each channel of sparse values, found affine ones"
            }
            codes = quantize.scheme
        case is Sparsify:
            if isSparse { return "expected one sparse, found a second one" }
            if isScaledLevels { return "expected sparse before codes of scaled levels, found it after" }
            if isRotated { return "expected sparse codes that are not rotated, found rotate: hadamard" }
            if codes == .affine { return "expected sparse before affine codes, whose zero is not the code 0" }
            isSparse = true
        case is Factorize:
            if isFactorized { return "expected one low-rank, found a second one" }
            if codes != nil || isSparse || isPalettized {
                return "expected low-rank before quantize and sparse"
            }
            isFactorized = true
        case let levels as QuantizeToLevels:
            if codes != nil || isPalettized { return "expected one quantize to codes, found a second one" }
            if isSparse, levels.granularity == .channel {
                return "expected a scale per tensor or group of sparse values, found one per channel"
            }
            codes = .symmetric
            isScaledLevels = true
        case is RoundToStep:
            if codes != nil || isPalettized { return "expected one quantize to codes, found a second one" }
            codes = .symmetric
        case let palettize as Palettize:
            if isPalettized || codes != nil {
                return "expected one of quantize and palettize to codes, found a second one"
            }
            if isSparse, palettize.rowsPerGroup != nil {
                return "expected one palette for all values of a sparse tensor, found one for some rows"
            }
            isPalettized = true
        case is Prune:
            if codes != nil || isSparse || isPalettized { return "expected prune before quantize and sparse" }
        default:
            isCast = true
            if codes != nil || isPalettized { return "expected \(step.label) before quantize to codes" }
        }
        return nil
    }
}
