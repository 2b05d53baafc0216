import BantamEncodings
import BantamTensors
import CBantamKernels

/// Trellis-coded quantization in the slowest and plainest way, from the definitions alone.
enum TrellisReference {
    /// The cost of coding `value` by `index` in a context, in units of 2^-14 of the square of a step.
    struct Costs {
        /// By class, quantizer and magnitude of the index.
        var rates: [[[Int]]]
        /// By quantizer and magnitude up to 7.
        var offsets: [[Float]]

        func reconstructed(_ index: Int, _ quantizer: Int) -> Float {
            guard index != 0 else { return 0 }
            let magnitude = Float(abs(TrellisCode.level(of: index, quantizer: quantizer)))
            return (magnitude + offsets[quantizer][min(abs(index), 7)]) * Float(index.signum())
        }

        func cost(_ value: Float, _ index: Int, _ class: Int, _ quantizer: Int) -> Int {
            let error = value - reconstructed(index, quantizer)
            return Int(error * error * 16384 + 0.5) + rates[`class`][quantizer][abs(index)]
        }

        /// The cost of a whole sequence on one lane.
        func cost(_ values: [Float], _ indices: [Int], _ classes: [Int], _ code: TrellisCode) -> Int {
            var (state, sum) = (0, 0)
            for (index, value) in values.enumerated() {
                sum += cost(value, indices[index], classes[index], TrellisCode.quantizer(in: state))
                state = code.state(after: indices[index], in: state)
            }
            return sum
        }

        /// The least cost of all sequences with indices up to `largest`, each tried.
        func leastOfAll(_ values: [Float], _ classes: [Int], _ code: TrellisCode, largest: Int) -> Int {
            func least(from position: Int, _ state: Int) -> Int {
                guard position < values.count else { return 0 }
                return (-largest...largest).map { index in
                    cost(values[position], index, classes[position], TrellisCode.quantizer(in: state))
                        + least(from: position + 1, code.state(after: index, in: state))
                }.min()!
            }
            return least(from: 0, 0)
        }

        /// The same by way of the states, for longer sequences.
        func least(_ values: [Float], _ classes: [Int], _ code: TrellisCode, largest: Int) -> Int {
            var costs = [0: 0]
            for (position, value) in values.enumerated() {
                var next: [Int: Int] = [:]
                for (state, before) in costs {
                    for index in -largest...largest {
                        let after = code.state(after: index, in: state)
                        let sum =
                            before
                            + cost(value, index, classes[position], TrellisCode.quantizer(in: state))
                        next[after] = min(next[after] ?? .max, sum)
                    }
                }
                costs = next
            }
            return costs.values.min()!
        }
    }

    /// What a coded tensor stands for, element after element as docs/rate-distortion.md has it.
    static func decode(_ coded: TrellisCoded) throws -> [Float] {
        let layout = try coded.layout()
        let header = layout.header
        let bytes = coded.indices.array(as: UInt8.self)
        let groupOfClass = layout.tables.groupOfClass
        let means = header.means?.values(step: header.step)
        let lanes = 1 << header.laneBits
        var result: [Float] = []
        for place in layout.blocks {
            let first = result.count
            let count = min(1 << header.blockBits, coded.shape.elementCount - first)
            var position = place.lowerBound
            func number(_ byteCount: Int) -> Int {
                defer { position += byteCount }
                return (0..<byteCount).reduce(0) { $0 | Int(bytes[position + $1]) << (8 * $1) }
            }
            func variable() -> Int {
                var (value, shift) = (0, 0)
                while true {
                    let byte = number(1)
                    value |= (byte & 127) << shift
                    shift += 7
                    if byte < 128 { return value }
                }
            }
            var coder = (0..<lanes).map { _ in number(4) }
            var escapes: [Int] = []
            let escapeCount = variable()
            if escapeCount > 0 {
                let end = variable() + position
                var bit = position * 8
                func next() -> Int {
                    defer { bit += 1 }
                    return Int(bytes[bit / 8]) >> (bit % 8) & 1
                }
                for _ in 0..<escapeCount {
                    var length = 0
                    while next() == 1 { length += 1 }
                    let magnitude = (0..<length).reduce(1 << length) { $0 | next() << $1 }
                    escapes.append(next() == 1 ? -magnitude : magnitude)
                }
                position = end
            }
            var states = [Int](repeating: 0, count: lanes)
            for element in 0..<count {
                let lane = element % lanes
                let (row, column) = (first + element).quotientAndRemainder(dividingBy: layout.columns)
                let sum = Int(header.rowClasses.classes[row]) + Int(header.columnClasses.classes[column])
                let quantizer = states[lane] & 1
                let table = layout.tables.groups[groupOfClass[max(0, min(63, sum))]].tables[quantizer]
                // Symbols in the order 0, 1, -1, 2, -2, …, escape.
                var symbols = [(0, table.frequencies[0])]
                for (magnitude, frequency) in table.frequencies.enumerated().dropFirst() {
                    symbols += [(magnitude, frequency), (-magnitude, frequency)]
                }
                let slot = coder[lane] & 4095
                var (start, symbol, frequency) = (0, Int?.none, table.escape)
                for (candidate, share) in symbols {
                    if slot < start + share {
                        (symbol, frequency) = (candidate, share)
                        break
                    }
                    start += share
                }
                coder[lane] = frequency * (coder[lane] >> 12) + slot - start
                var index = symbol ?? escapes.removeFirst()
                if let symbol, symbol != 0 {
                    let raw = coder[lane] & (1 << table.rawBits - 1)
                    coder[lane] >>= table.rawBits
                    index = (1 + (abs(symbol) - 1) << table.rawBits + raw) * symbol.signum()
                }
                if coder[lane] < 1 << 16 { coder[lane] = coder[lane] << 16 | number(2) }
                states[lane] = header.code.state(after: index, in: states[lane])
                let offset = Float(layout.tables.offsets[quantizer][min(abs(index), 7)]) / 128
                let level = abs(TrellisCode.level(of: index, quantizer: quantizer))
                let magnitude = (Float(level) + offset) * header.step
                result.append((index < 0 ? -magnitude : magnitude) + (means?[column] ?? 0))
            }
        }
        return result
    }
}
