import Bantam
import FuzzHarness

/// A recipe, resolved against a small model, and its passes run over that model.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    let bytes = UnsafeRawBufferPointer(start: start, count: count)
    let path = Harness.file("recipe.yaml", bytes)
    return Harness.check(naming: path) {
        let plan = try Plan(Recipe(contentsOf: path), for: MemoryFile.model)
        _ = try Estimate(plan, of: MemoryFile.model, workers: .one)
    }
}
