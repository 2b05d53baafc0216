// Why: a search needs the rates as costs, once for all blocks.

import BantamEncodings
import CBantamKernels

/// The Viterbi search with the costs of given tables.
final class TrellisSearch: Sendable {
    private let code: TrellisCode
    private let rates: [Int32]
    private let offsets: [Float]

    init(_ quantization: RateDistortion, _ trained: TrainedTables) {
        code = quantization.code
        offsets = trained.tables.kernelOffsets
        let unit = quantization.lambda * Double(1 << BANTAM_TRELLIS_COST_BITS)
        let groupOfClass = trained.tables.groupOfClass
        let size = 2 * IndexCounts.magnitudeCount
        rates = [Int32](unsafeUninitializedCapacity: groupOfClass.count * size) { rates, count in
            for (`class`, group) in groupOfClass.enumerated() {
                let place = rates.baseAddress! + `class` * size
                if `class` > 0, groupOfClass[`class` - 1] == group {
                    place.initialize(from: place - size, count: size)
                    continue
                }
                for (quantizer, table) in trained.tables.groups[group].tables.enumerated() {
                    let start = place + quantizer * IndexCounts.magnitudeCount
                    table.forEachCost(upTo: IndexCounts.magnitudeCount) { magnitudes, cost in
                        let bits = Double(cost) / Double(1 << BinaryLogarithm.fractionBits)
                        let rate = Int32(min((bits * unit).rounded(), Double(1 << 21 - 1)))
                        (start + magnitudes.lowerBound).initialize(repeating: rate, count: magnitudes.count)
                    }
                }
            }
            count = rates.count
        }
    }

    private func withOffsets(keepingZeros: Bool = false, _ body: (inout bantam_trellis_costs) -> Void) {
        rates.withUnsafeBufferPointer { rates in
            var costs = bantam_trellis_costs()
            costs.trellis = code.kernel
            costs.rates = rates.baseAddress
            costs.keeps_zeros = keepingZeros ? 1 : 0
            withUnsafeMutableBytes(of: &costs.offsets) { target in
                offsets.withUnsafeBytes { target.copyMemory(from: $0) }
            }
            body(&costs)
        }
    }

    /// The best indices for `values` in steps, 0 for every 0 if zeros are to be kept. `contexts` holds classes and
    /// becomes 2·class + quantizer.
    func run(
        _ values: UnsafePointer<Float>, count: Int, lanes: Int, keepingZeros: Bool = false,
        contexts: inout [UInt8]
    ) -> [Int16] {
        [Int16](unsafeUninitializedCapacity: count) { indices, initialized in
            withOffsets(keepingZeros: keepingZeros) { costs in
                let scratch = UnsafeMutableRawPointer.allocate(
                    byteCount: bantam_trellis_scratch_bytes(&costs.trellis, count, lanes), alignment: 64)
                defer { scratch.deallocate() }
                contexts.withUnsafeMutableBufferPointer { contexts in
                    bantam_trellis_search(
                        &costs, values, count, lanes, contexts.baseAddress, indices.baseAddress, scratch)
                }
            }
            initialized = count
        }
    }

    /// Adds what `run` found to `counts`.
    func count(
        _ values: UnsafePointer<Float>, _ contexts: [UInt8], _ indices: [Int16], into counts: IndexCounts
    ) {
        withOffsets { costs in
            withUnsafePointer(to: &costs.offsets.0) { offsets in
                bantam_trellis_count(
                    offsets, values, contexts, indices, indices.count, counts.statistics)
            }
        }
    }
}
