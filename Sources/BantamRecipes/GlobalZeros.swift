import BantamLoaders
import BantamPasses
import BantamTensors

/// What has to be known of all tensors of a rule before the first is compressed: how many elements global pruning
/// makes zero in each tensor of a plan, and the palettes that tensors share.
struct GlobalZeros: Sendable {
    private var zeros: [Int: Int] = [:]
    /// By the number of the rule.
    private var palettes: [Int: Palettize] = [:]

    /// Ranks the tensors of every rule that prunes globally.
    init(_ plan: Plan, _ source: any TensorFile, workers: Workers) throws {
        for rule in plan.recipe.rules {
            if case .sharedPalette(let pass)? = rule.steps.first?.action {
                let members = plan.entries.indices.filter { plan.entries[$0].rule?.number == rule.number }
                palettes[rule.number] = try pass.sharing(members.count, workers: workers) { member in
                    try locating(file: source.path, tensor: plan.entries[members[member]].tensor.name) {
                        try source.tensor(at: members[member])
                    }
                }
            }
            guard case .globalPruning(let sparsity)? = rule.steps.first?.action else { continue }
            let members = plan.entries.indices.filter { plan.entries[$0].rule?.number == rule.number }
            let counts = try GlobalPruning.zeros(sparsity: sparsity, tensors: members.count) {
                try source.tensor(at: members[$0])
            }
            for (member, count) in zip(members, counts) { zeros[member] = count }
        }
    }

    /// The pass with the palette that an entry of the plan shares; none where none is shared.
    func palette(of entry: Plan.Entry) -> Palettize? { entry.rule.flatMap { palettes[$0.number] } }

    /// The number for the tensor at a position of the plan; none where nothing prunes globally.
    subscript(index: Int) -> Int? { zeros[index] }
}
