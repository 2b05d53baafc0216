// Why: one number decides how much is lost; how that is shared out over the tensors can be done in several ways, all of
// which are tried alike.

import BantamLoaders
import BantamTensors

/// A way to share out the loss over the tensors, of which one strength decides.
struct StepWay: Sendable {
    /// What reports call it.
    var name: String
    /// What is under this many steps becomes zero, at most.
    var deadZone: Float
    /// How each tensor of the file is held at a strength; `nil`: as it is.
    var treatments: @Sendable (Double) -> [StepRecipe.Treatment?]
}

extension StepWay {
    /// Steps in proportion.
    init(_ allocation: StepAllocation, deadZone: Float, of source: any TensorFile) {
        // A scale and what a header says of it take more than a short vector saves.
        let kinds: [StepRecipe.Treatment?] = source.entries.map { entry in
            guard entry.shape.rank < 2, entry.shape.elementCount < 64 else { return nil }
            return entry.dtype == .float32 || entry.dtype == .float64 ? .half : .keep
        }
        self.init(name: allocation.kind.rawValue, deadZone: deadZone) { strength in
            zip(kinds, allocation.steps(strength)).map { kind, step in
                step.map { kind ?? .steps($0, deadZone: deadZone) }
            }
        }
    }

    /// Steps and dead zones as measured.
    init(_ curves: StepCurves, deadZone: Float) {
        let curves = curves.upTo(deadZone: deadZone)
        self.init(name: "measurement", deadZone: deadZone) { curves.treatments($0) }
    }
}
