import Bantam
import FuzzHarness

/// A recipe, resolved against a small model, and its passes run over that model, but for those that are trained first,
/// which takes a second.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    let path = Harness.file("recipe.yaml", bytes)
    return Harness.check(naming: path) {
        let plan = try Plan(Recipe(contentsOf: path), for: MemoryFile.model)
        let isTrained = plan.entries.contains { entry in
            entry.steps.contains { if case .rateDistortion = $0.action { true } else { false } }
        }
        guard !isTrained else { return }
        _ = try Estimate(plan, of: MemoryFile.model, workers: .one)
    }
}
