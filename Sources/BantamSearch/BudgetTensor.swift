import BantamCoding
import BantamLoaders
import BantamRecipes
import BantamTensors

/// A tensor on whose step a budget decides, with those of the same bytes: tied weights are stored once as long as they are
/// treated alike.
struct BudgetTensor: Sendable {
    /// Positions in the file.
    var members: [Int]
    /// Elements of one of them.
    var elementCount: Int
    /// What the rule says its squared errors count for.
    var ruleWeight: Double
    /// Whether the network reads one of them.
    var isUsed: Bool

    private struct Key: Hashable {
        var dtype: DType
        var shape: Shape
        var rule: Int?
        var checksum: Checksum
    }

    /// Those of a plan, in the order of the file.
    ///
    /// - Complexity: O(bytes of these tensors).
    static func all(of plan: Plan, _ source: any TensorFile, used: Set<Int>) throws -> [BudgetTensor] {
        var result: [BudgetTensor] = []
        var places: [Key: Int] = [:]
        for (index, entry) in plan.entries.enumerated() {
            guard let weight = entry.budgetWeight else { continue }
            let tensor = try source.tensor(at: index)
            let key = Key(
                dtype: tensor.dtype, shape: tensor.shape, rule: entry.rule?.number,
                checksum: Checksum(of: tensor))
            if let place = places[key] {
                result[place].members.append(index)
                result[place].isUsed = result[place].isUsed || used.contains(index)
                continue
            }
            places[key] = result.count
            result.append(
                BudgetTensor(
                    members: [index], elementCount: tensor.elementCount, ruleWeight: weight,
                    isUsed: used.contains(index)))
        }
        return result
    }
}
