import BantamEncodings
import BantamTestSupport
import Glibc
import Testing

@testable import BantamPasses

/// Tables made from counts, and the arithmetic they are made with.
@Suite struct TableFittingTests {
    /// Counts of a two-sided geometric distribution.
    static func geometric(_ ratio: Double, total: Double, count: Int) -> [UInt64] {
        (0..<count).map {
            UInt64(($0 == 0 ? 1 : 2) * total * (1 - ratio) / (1 + ratio) * pow(ratio, Double($0)))
        }
    }

    @Test(arguments: [0.001, 0.2, 0.6, 0.9, 0.98], [100.0, 1e4, 1e7])
    func frequencies(_ ratio: Double, _ total: Double) {
        for rawBits in [0, 1, 3] { check(ratio, total, rawBits) }
    }

    private func check(_ ratio: Double, _ total: Double, _ rawBits: Int) {
        let counts = Self.geometric(ratio, total: total, count: 900)
        let table = FrequencyTable(counts: counts, rawBits: rawBits)
        #expect(
            table.escape + table.frequencies[0] + 2 * table.frequencies.dropFirst().reduce(0, +) == 4096)
        #expect(table.escape > 0 && table.frequencies.allSatisfy { $0 > 0 })
        var writer = BitWriter()
        table.write(to: &writer)
        writer.bytes.withUnsafeBytes { bytes in
            var reader = BitReader(bytes)
            #expect((try? FrequencyTable(from: &reader)) == table)
        }
        table.forEachCost(upTo: 900) { magnitudes, cost in
            #expect(magnitudes.allSatisfy { table.cost(of: $0) == cost })
        }
        guard rawBits == 0, ratio < 0.95 else { return }
        // Against the entropy with the sign: 12 bits of precision cost little, escapes what they must.
        let sum = Double(counts.reduce(0, +))
        let entropy = counts.enumerated().filter { $0.element > 0 }.reduce(0.0) { bits, pair in
            let share = Double(pair.element) / sum
            return bits - share * (log2(share) - (pair.offset == 0 ? 0 : 1))
        }
        let taken = counts.enumerated().reduce(0.0) { bits, pair in
            bits + Double(pair.element) / sum * Double(table.cost(of: pair.offset)) / 65536
        }
        #expect(taken >= entropy - 1e-3 && taken < entropy + 0.02 + 0.01 * entropy)
    }

    @Test func logarithms() {
        for number in Array(1...5000) + [65535, 65536, 65537, 1 << 40 + 12345, Int.max] {
            let found = Double(BinaryLogarithm.fixedPoint(UInt64(number))) / 65536
            #expect(abs(found - log2(Double(number))) < 0x1p-15)
        }
        for number in [1e-300, 0.3, 0.5, 1, 1.0000001, 1.9999999, 2, 3.7e12] {
            #expect(abs(BinaryLogarithm.of(number) - log2(number)) < 0x1p-15)
        }
        for place in -3000...3000 {
            let exact = exp2(Double(place) / 1024)
            #expect(abs(Double(StepGrid.step(at: place)) / exact - 1) < 1e-6)
            let square = exp2(Double(place) / 97)
            #expect(MatrixScales.quarterOctaves(square) == Int((2 * log2(square)).rounded()))
        }
    }

    @Test func serializedTablesComeBack() throws {
        let trained = TrellisSearchTests.tables()
        let bytes = trained.tables.serialized()
        #expect(trained.tables.groups.reduce(0) { $0 + $1.classCount } == 64)
        let back = try bytes.withUnsafeBytes { try TrellisTables(parsing: $0) }
        #expect(back == trained.tables)
        for length in 0..<bytes.count {
            #expect(
                bantamError {
                    try bytes[..<length].withUnsafeBytes { _ = try TrellisTables(parsing: $0) }
                } != nil)
        }
    }

    /// What few elements show is not worth a table of its own, what many do is.
    @Test func classesAreMergedWhereDataIsScarce() {
        func groups(_ count: Int) -> Int {
            let counts = IndexCounts()
            for (index, value) in normals(count).enumerated() {
                let `class` = 16 + index % 8
                let magnitude = Int((abs(value) * exp2(Float(`class`) / 4 - 4)).rounded())
                counts.counts(class: `class`, quantizer: index / 8 % 2)[magnitude] += 1
            }
            return ClassGrouping.groups(of: counts, scale: 1).count
        }
        #expect(groups(300) <= 2)
        #expect(groups(200_000) == 8)
    }

    @Test func classesComeBackInEveryForm() throws {
        var generator = SeededGenerator(seed: 3)
        let lists: [[Int8]] = [
            [], [5], [Int8](repeating: -64, count: 90),
            (0..<200).map { _ in Int8.random(in: 3...40, using: &generator) },
            (0..<160).map { Int8($0 / 2) },
            (0..<99).map { _ in Int8.random(in: 0...8, using: &generator) * 8 },
            [-64, 127, -64, 127],
        ]
        for list in lists {
            for each in [1, 4, 64, 5000] {
                let thrifty = ClassList.thrifty(list, elementsOfEach: each)
                #expect(thrifty.classes.count == list.count)
                if each == 5000 { #expect(thrifty.classes == list) }
                var writer = BitWriter()
                thrifty.write(to: &writer)
                try writer.bytes.withUnsafeBytes { bytes in
                    var reader = BitReader(bytes)
                    #expect(try ClassList(from: &reader, count: list.count) == thrifty)
                    try reader.finish()
                }
            }
        }
    }
}
