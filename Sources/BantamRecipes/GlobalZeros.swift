import BantamLoaders
import BantamPasses
import BantamTensors

/// How many elements global pruning makes zero in each tensor of a plan.
struct GlobalZeros: Sendable {
    private var zeros: [Int: Int] = [:]

    /// Ranks the tensors of every rule that prunes globally.
    init(_ plan: Plan, _ source: any TensorFile) throws {
        for rule in plan.recipe.rules {
            guard case .globalPruning(let sparsity)? = rule.steps.first?.action else { continue }
            let members = plan.entries.indices.filter { plan.entries[$0].rule?.number == rule.number }
            let counts = try GlobalPruning.zeros(sparsity: sparsity, tensors: members.count) {
                try source.tensor(at: members[$0])
            }
            for (member, count) in zip(members, counts) { zeros[member] = count }
        }
    }

    /// The number for the tensor at a position of the plan; none where nothing prunes globally.
    subscript(index: Int) -> Int? { zeros[index] }
}
