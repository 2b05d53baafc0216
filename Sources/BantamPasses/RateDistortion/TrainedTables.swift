import BantamEncodings
import BantamTensors

/// Tables and centroids that training settled, as they are stored with every tensor that uses them.
public struct TrainedTables: Sendable, Hashable {
    var tables: TrellisTables

    /// Tables for what was counted; `scale` is how much there is of the data for each element counted.
    init(_ counts: IndexCounts, scale: Double) {
        let offsets = counts.centroids.map { row in
            row.map { Int8(max(-127, min(127, ($0 / TrellisTables.offsetUnit).rounded(.toNearestOrEven)))) }
        }
        tables = TrellisTables(
            groups: ClassGrouping.groups(of: counts, scale: scale), offsets: offsets)
    }

    /// The bytes a file holds: `uint8`, one axis.
    public var tensor: Tensor {
        let bytes = tables.serialized()
        return Tensor(.uint8, [bytes.count], bytes)
    }

    /// Bits of all counted indices.
    func bits(of counts: IndexCounts) -> Double {
        var bits = 0
        for (`class`, group) in tables.groupOfClass.enumerated() {
            for quantizer in 0..<2 {
                let counts = counts.counts(class: `class`, quantizer: quantizer)
                tables.groups[group].tables[quantizer].forEachCost(upTo: counts.count) { magnitudes, cost in
                    for magnitude in magnitudes { bits += Int(counts[magnitude]) * cost }
                }
            }
        }
        return Double(bits) / Double(1 << BinaryLogarithm.fractionBits)
    }
}
