// Why: the same relative error costs a network much in one tensor and nothing in another.

import BantamEvaluator
import BantamLoaders
import BantamTensors

/// What share of a common strength each tensor's step is.
struct StepAllocation: Sendable {
    /// How the shares come about.
    enum Kind: String, Sendable, CaseIterable {
        /// As the root mean square of the tensor.
        case magnitude
        /// As √(elements / sensitivity), where the sensitivity is what a squared step adds to the squared error of the outputs.
        case sensitivity
    }

    let kind: Kind
    /// The step of each tensor at strength 1; `nil`: it is not rounded.
    let shares: [Float?]

    /// The steps of each tensor at a strength.
    func steps(_ strength: Double) -> [Float?] {
        shares.map { share in
            guard let share else { return nil }
            let step = Float(Double(share) * strength).withEightBits
            return step.isNormal ? step : nil
        }
    }
}

/// What is known of a tensor that is to be rounded.
struct TensorScale: Sendable {
    /// Elements that are not zero.
    var count: Int
    /// How far these spread: their root mean square, of a vector around its mean, because the weights of a normalization
    /// all lie near 1 and differ by little.
    var magnitude: Double

    /// `nil` for tensors with nothing to round: no floats, all zeros, not finite.
    init?(_ tensor: Tensor) throws {
        guard tensor.dtype.isRealFloat else { return nil }
        var (count, sum, square) = (0, 0.0, 0.0)
        try tensor.float32().withElements(as: Float.self) { elements in
            for element in elements where element != 0 {
                count += 1
                sum += Double(element)
                square += Double(element) * Double(element)
            }
        }
        guard count > 0, square.isFinite, Float((square / Double(count)).squareRoot()).isNormal else {
            return nil
        }
        self.count = count
        let mean = sum / Double(count)
        let variance = square / Double(count) - mean * mean
        // Elements that are all the same have no spread to measure by.
        let isSpread = tensor.shape.rank < 2 && variance > square / Double(count) / 4096
        magnitude = (isSpread ? variance : square / Double(count)).squareRoot()
    }
}

extension StepAllocation {
    /// Steps in proportion to each tensor's own size.
    init(magnitudesOf scales: [TensorScale?]) {
        kind = .magnitude
        shares = scales.map { $0.map { Float($0.magnitude) } }
    }

    /// The steps that give the least error of the outputs for the bits they cost.
    ///
    /// At high rate a tensor costs n·log₂(1/step) bits and adds c·step² to the squared error of the outputs; for a given
    /// sum of the bits the sum of the errors is least where step² ∝ n/c. The shares are scaled so that at strength 1 the
    /// squared steps sum up over the elements as those of ``Kind/magnitude`` do, and held within 1/64 to 16 times the root
    /// mean square of their tensor: what adds nothing to the outputs of these samples may add something to others.
    ///
    /// - Parameter errors: for each tensor the squared error of the outputs when it alone is rounded, and the step it was
    ///   rounded with.
    init?(_ scales: [TensorScale?], errors: [(step: Float, error: Double)?]) {
        var squares = [Double?](repeating: nil, count: scales.count)
        var (found, wanted) = (0.0, 0.0)
        for (index, scale) in scales.enumerated() {
            guard let scale, let (step, error) = errors[index], error > 0 else { continue }
            let square = Double(step) * Double(step) * Double(scale.count) / error
            guard square.isNormal else { continue }
            squares[index] = square
            found += Double(scale.count) * square
            wanted += Double(scale.count) * scale.magnitude * scale.magnitude
        }
        guard found.isNormal else { return nil }
        kind = .sensitivity
        shares = scales.enumerated().map { index, scale in
            scale.map { scale in
                let share = squares[index].map { ($0 * wanted / found).squareRoot() } ?? scale.magnitude
                return Float(min(16 * scale.magnitude, max(scale.magnitude / 64, share)))
            }
        }
    }
}

extension Float {
    /// The nearest number with 8 significant bits, so that a recipe reads well and the last bits of a network's outputs,
    /// which depend on the processor, hardly ever show.
    var withEightBits: Float {
        guard isNormal else { return self }
        let bits = bitPattern
        let (rounded, overflow) = bits.addingReportingOverflow(0x7fff + (bits >> 16 & 1))
        return overflow ? self : Float(bitPattern: rounded & 0xffff_0000)
    }
}
