import BantamEncodings
import BantamTestSupport
import CBantamKernels
import Testing

@testable import BantamPasses

/// The Viterbi kernel against exhaustive search and a plain one, at every level.
@Suite struct TrellisSearchTests {
    /// Tables for two classes, of narrow and of wide distributions, with centroids.
    static func tables() -> TrainedTables {
        let counts = IndexCounts()
        for (index, value) in normals(20000).enumerated() {
            let `class` = index % 2 == 0 ? 10 : 30
            let magnitude = Int((abs(value) * (`class` == 10 ? 0.7 : 4)).rounded())
            counts.counts(class: `class`, quantizer: index / 2 % 2)[magnitude] += 1
        }
        var trained = TrainedTables(counts, scale: 1)
        trained.tables.offsets = [[0, -20, 5, 3, 0, 0, -2, 1], [0, 12, -7, 0, 4, 0, 0, -1]]
        return trained
    }

    static func costs(_ trained: TrainedTables, lambda: Double) -> TrellisReference.Costs {
        let groups = trained.tables.groupOfClass
        let rates = (0..<64).map { `class` in
            (0..<2).map { quantizer in
                (0..<40).map { magnitude in
                    let table = trained.tables.groups[groups[`class`]].tables[quantizer]
                    return Int((Double(table.cost(of: magnitude)) / 65536 * lambda * 16384).rounded())
                }
            }
        }
        return TrellisReference.Costs(
            rates: rates, offsets: trained.tables.offsets.map { $0.map { Float($0) / 128 } })
    }

    @Test(arguments: TrellisCode.allCases) func bestOfAllSequences(_ code: TrellisCode) {
        let trained = Self.tables()
        let costs = Self.costs(trained, lambda: 0.4)
        let search = TrellisSearch(RateDistortion(code: code), trained)
        for seed in 1...12 as ClosedRange<UInt64> {
            let values = normals(5, seed: seed).map { $0 * 2.5 }
            let classes = [10, 30, 30, 10, 30]
            let least = costs.leastOfAll(values, classes, code, largest: 4)
            forEachLevel { level in
                var contexts = classes.map { UInt8($0) }
                let indices = search.run(values, count: 5, lanes: 1, contexts: &contexts).map { Int($0) }
                #expect(costs.cost(values, indices, classes, code) == least, "seed \(seed), level \(level)")
            }
        }
    }

    /// Of all sequences that leave zeros alone the best one.
    @Test(arguments: TrellisCode.allCases) func zerosStayZeros(_ code: TrellisCode) {
        let trained = Self.tables()
        let costs = Self.costs(trained, lambda: 0.4)
        let search = TrellisSearch(RateDistortion(code: code), trained)
        func least(_ values: [Float], _ classes: [Int], from position: Int = 0, _ state: Int = 0) -> Int {
            guard position < values.count else { return 0 }
            return (values[position] == 0 ? 0...0 : -4...4).map { index in
                costs.cost(values[position], index, classes[position], TrellisCode.quantizer(in: state))
                    + least(values, classes, from: position + 1, code.state(after: index, in: state))
            }.min()!
        }
        for seed in 1...12 as ClosedRange<UInt64> {
            var values = normals(6, seed: seed).map { $0 * 2.5 }
            values[1] = 0
            values[3] = -0.0
            let classes = [10, 30, 30, 10, 30, 10]
            let expected = least(values, classes)
            forEachLevel { level in
                var contexts = classes.map { UInt8($0) }
                let indices = search.run(
                    values, count: 6, lanes: 1, keepingZeros: true, contexts: &contexts
                ).map { Int($0) }
                #expect(indices[1] == 0 && indices[3] == 0)
                #expect(
                    costs.cost(values, indices, classes, code) == expected, "seed \(seed), level \(level)")
            }
        }
        // Long runs of zeros cost no more than they should, either.
        var values = normals(3000, seed: 3).map { $0 * 6 }
        for index in values.indices where index % 1000 > 400 || index % 3 == 0 { values[index] = 0 }
        var contexts = [UInt8](repeating: 10, count: 3000)
        let indices = search.run(values, count: 3000, lanes: 16, keepingZeros: true, contexts: &contexts)
        #expect(zip(values, indices).allSatisfy { $0 != 0 || $1 == 0 })
        #expect(zip(values, indices).contains { $0 != 0 && $1 != 0 })
    }

    @Test(arguments: TrellisCode.allCases, [0, 0.4, 2]) func bestOfLongSequences(
        _ code: TrellisCode, _ lambda: Double
    ) {
        let trained = Self.tables()
        let costs = Self.costs(trained, lambda: lambda)
        let values = normals(90, seed: 5).map { $0 * 4 }
        let classes = values.indices.map { $0 % 3 == 0 ? 10 : 30 }
        let search = TrellisSearch(RateDistortion(code: code, lambda: lambda), trained)
        var contexts = classes.map { UInt8($0) }
        let indices = search.run(values, count: 90, lanes: 1, contexts: &contexts).map { Int($0) }
        #expect(
            costs.cost(values, indices, classes, code) == costs.least(values, classes, code, largest: 9))
    }

    /// Lanes are trellises of their own, contexts tell their quantizers, and all levels find the same.
    @Test(arguments: TrellisCode.allCases, [1, 2, 8, 16, 32]) func lanes(_ code: TrellisCode, _ lanes: Int) {
        let trained = Self.tables()
        let search = TrellisSearch(RateDistortion(code: code), trained)
        for count in [1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 500, 1061] {
            let values = normals(count, seed: UInt64(count)).map { $0 * 6 }
            let classes = (0..<count).map { UInt8($0 % 5 == 0 ? 10 : 30) }
            var found: [[Int16]] = []
            forEachLevel { level in
                var contexts = classes
                let indices = search.run(values, count: count, lanes: lanes, contexts: &contexts)
                var states = [Int](repeating: 0, count: lanes)
                for (element, index) in indices.enumerated() {
                    let state = states[element % lanes]
                    #expect(Int(contexts[element]) == 2 * Int(classes[element]) + state & 1)
                    states[element % lanes] = code.state(after: Int(index), in: state)
                }
                found.append(indices)
            }
            #expect(found.allSatisfy { $0 == found[0] })
            for lane in 0..<min(lanes, count) {
                let places = Array(stride(from: lane, to: count, by: lanes))
                var contexts = places.map { classes[$0] }
                let alone = search.run(
                    places.map { values[$0] }, count: places.count, lanes: 1, contexts: &contexts)
                #expect(alone == places.map { found[0][$0] })
            }
        }
    }

    @Test func countsAndCentroids() {
        let trained = Self.tables()
        let search = TrellisSearch(RateDistortion(code: .states8), trained)
        let values = normals(3000).map { $0 * 5 }
        var contexts = values.indices.map { UInt8($0 % 2 == 0 ? 10 : 30) }
        let indices = search.run(values, count: 3000, lanes: 32, contexts: &contexts)
        let counts = IndexCounts()
        search.count(values, contexts, indices, into: counts)
        var expected = [[Int]: UInt32]()
        var residuals = [[Int]: [Double]]()
        var distortion = 0.0
        for (element, index) in indices.enumerated() {
            let (quantizer, magnitude) = (Int(contexts[element]) & 1, abs(Int(index)))
            expected[[Int(contexts[element]) / 2, quantizer, magnitude], default: 0] += 1
            let level = abs(TrellisCode.level(of: magnitude, quantizer: quantizer))
            let residual = Double(abs(values[element])) - Double(level)
            residuals[[quantizer, min(magnitude, 7)], default: []].append(residual)
            let offset = Double(trained.tables.offsets[quantizer][min(magnitude, 7)]) / 128
            distortion += (residual - offset) * (residual - offset)
        }
        for `class` in 0..<64 {
            for quantizer in 0..<2 {
                for magnitude in 0..<40 {
                    #expect(
                        counts.counts(class: `class`, quantizer: quantizer)[magnitude]
                            == expected[[`class`, quantizer, magnitude]] ?? 0)
                }
            }
        }
        for (key, values) in residuals where key[1] > 0 {
            let mean = values.reduce(0, +) / Double(values.count)
            #expect(abs(Double(counts.centroids[key[0]][key[1]]) - mean) < 1e-4)
        }
        #expect(counts.centroids[0][0] == 0 && counts.centroids[1][0] == 0)
        #expect(abs(counts.distortion - distortion) < 0.05)
    }
}
