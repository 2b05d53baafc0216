// Why: how a tree of parts is written in `bantam.encodings`, and read back from a file that may lie.

import BantamCoding
import BantamEncodings
import BantamLoaders
import BantamTensors

/// A leaf is the name of its array in the safetensors header.
extension PartTree where Leaf == String {
    /// The members of the JSON object of this tree; a dense one has none, it is its leaf.
    private var members: [JSON.Member] {
        func node(_ name: String, _ tree: PartTree) -> JSON.Member { JSON.Member(name, tree.json) }
        func leaf(_ name: String, _ array: String) -> JSON.Member { JSON.Member(name, .string(array)) }
        switch self {
        case .dense, .number: return []
        case .packed(let array, let packing):
            return [
                leaf(Part.packed, array), leaf("type", packing.codes.name),
                JSON.Member("count", .integer(packing.count)),
            ]
        case .quantized(let codes, let scales, let zeroPoints, let form):
            return [node(Part.codes, codes), node(Part.scales, scales)]
                + (zeroPoints.map { [leaf(Part.zeroPoints, $0)] } ?? [])
                + (scales.isNumber ? [] : [leaf("granularity", form.granularity.description)])
                + (form.rotation.map { [leaf("rotation", $0.description)] } ?? [])
                + (form.trellis.map { [JSON.Member("trellis", .integer($0.stateCount))] } ?? [])
        case .palettized(let codes, let codebook, let rowsPerGroup):
            return [node(Part.codes, codes), leaf(Part.codebook, codebook)]
                + (rowsPerGroup.map { [JSON.Member("rows", .integer($0))] } ?? [])
        case .trellis(let indices, let tables):
            return [leaf(Part.indices, indices), leaf(Part.tables, tables)]
        case .csr(let values, let columnIndices, let rowPointers):
            return [
                node(Part.values, values), leaf(Part.columnIndices, columnIndices),
                leaf(Part.rowPointers, rowPointers),
            ]
        case .bitmask(let values, let bitmask):
            return [node(Part.values, values), leaf(Part.bitmask, bitmask)]
        case .relative(let values, let gaps): return [node(Part.values, values), leaf(Part.gaps, gaps)]
        case .lowRank(let left, let right, let rank):
            return [node(Part.left, left), node(Part.right, right), JSON.Member("rank", .integer(rank))]
        case .repeatedRows(let distinct, let repeats, let rows):
            return [
                node(Part.distinct, distinct), leaf(Part.repeats, repeats),
                JSON.Member("rows", .integer(rows)),
            ]
        case .base(let base): return [leaf(Part.base, base.description)]
        case .predicted(let residual, let kind, let base):
            return [leaf(Part.base, base.description), leaf(kind.rawValue, residual)]
        }
    }

    /// The tree as a value: a string if dense, a number if it is one, else an object.
    var json: JSON {
        switch self {
        case .dense(let array): .string(array)
        // The fewest digits that give the same float32.
        case .number(let number): .number(Double("\(number)") ?? Double(number))
        default: .object(members)
        }
    }

    private var isNumber: Bool { if case .number = self { true } else { false } }

    /// The tree as members of the object of its tensor.
    var tensorMembers: [JSON.Member] {
        if case .dense(let array) = self { [JSON.Member("array", .string(array))] } else { members }
    }

    /// How deep parts may be nested.
    static var depthLimit: Int { 6 }

    /// The tree that `json` writes.
    ///
    /// - Throws: ``BantamError`` of kind `corruption` if it is none.
    init(_ json: JSON, depth: Int = 0) throws {
        if let array = json.stringValue {
            self = .dense(array)
            return
        }
        guard let members = json.objectValue else {
            throw BantamError(.corruption, "encodings: expected an object or a string, found \(json.kind)")
        }
        try self.init(members: members, depth: depth)
    }

    /// The tree that the members of an object write.
    init(members: [JSON.Member], depth: Int = 0) throws {
        guard depth < PartTree.depthLimit else {
            throw BantamError(
                .corruption,
                "encodings: expected parts nested at most \(PartTree.depthLimit) deep, found deeper")
        }
        func node(_ name: String) throws -> PartTree {
            try PartTree(try value(name), depth: depth + 1)
        }
        func value(_ name: String) throws -> JSON {
            guard let value = members.first(where: { $0.key == name })?.value else {
                throw BantamError(.corruption, "encodings: expected '\(name)', found none")
            }
            return value
        }
        func leaf(_ name: String) throws -> String {
            let value = try value(name)
            guard let text = value.stringValue else {
                throw BantamError(
                    .corruption, "encodings: expected '\(name)' to be a string, found \(value.kind)")
            }
            return text
        }
        /// One scale that stands here, or the scales of a granularity.
        func scales() throws -> (PartTree, Quantized.Granularity) {
            let value = try value(Part.scales)
            if let number = value.doubleValue {
                guard !names.contains("granularity"), Float(number).isFinite else {
                    throw BantamError(
                        .corruption,
                        "encodings: expected a float32 without a granularity, found the scale \(number)")
                }
                return (.number(Float(number)), .tensor)
            }
            let text = try leaf("granularity")
            guard let granularity = Quantized.Granularity(text), granularity.isReasonable else {
                throw BantamError(
                    .corruption,
                    "encodings: expected tensor, channel or group:N as granularity, found '\(text)'")
            }
            return (try node(Part.scales), granularity)
        }
        let names = Set(members.map(\.key))
        if names.contains(Part.base), depth > 0 {
            throw BantamError(
                .corruption, "encodings: expected '\(Part.base)' of a tensor, found it of a part")
        }
        func base() throws -> Checksum {
            let digits = try leaf(Part.base)
            guard let checksum = Checksum(digits) else {
                throw BantamError(
                    .corruption, "encodings: expected a '\(Part.base)' of 16 digits, found '\(digits)'")
            }
            return checksum
        }
        switch names {
        case ["array"]: self = .dense(try leaf("array"))
        case [Part.packed, "type", "count"]:
            let type = try leaf("type")
            guard let codes = PackedCodes(name: type), let count = try value("count").integerValue, count >= 0
            else {
                throw BantamError(
                    .corruption,
                    "encodings: expected int1 to int7 or uint1 to uint7 and a count, found '\(type)'")
            }
            self = .packed(try leaf(Part.packed), Packing(codes: codes, count: count))
        case let names
        where names.subtracting([Part.zeroPoints, "rotation", "granularity", "trellis"]) == [
            Part.codes, Part.scales,
        ]:
            let (scales, granularity) = try scales()
            var rotation: HadamardRotation?
            if names.contains("rotation") {
                let text = try leaf("rotation")
                guard let found = HadamardRotation(text) else {
                    throw BantamError(.corruption, "encodings: expected hadamard:SEED, found '\(text)'")
                }
                rotation = found
            }
            var trellis: TrellisCode?
            if names.contains("trellis") {
                let states = try value("trellis")
                guard let found = states.integerValue.flatMap({ TrellisCode(rawValue: $0) }) else {
                    throw BantamError(
                        .corruption,
                        "encodings: expected a trellis of 8, 64 or 256 states, found \(states.text)")
                }
                trellis = found
            }
            self = .quantized(
                codes: try node(Part.codes), scales: scales,
                zeroPoints: names.contains(Part.zeroPoints) ? try leaf(Part.zeroPoints) : nil,
                form: QuantizedForm(granularity: granularity, rotation: rotation, trellis: trellis))
        case [Part.codes, Part.codebook], [Part.codes, Part.codebook, "rows"]:
            var rows: Int?
            if names.contains("rows") {
                guard let found = try value("rows").integerValue, found > 0 else {
                    throw BantamError(.corruption, "encodings: expected 'rows' to be a positive integer")
                }
                rows = found
            }
            self = .palettized(
                codes: try node(Part.codes), codebook: try leaf(Part.codebook), rowsPerGroup: rows)
        case [Part.indices, Part.tables]:
            guard depth == 0 else {
                throw BantamError(
                    .corruption, "encodings: expected '\(Part.indices)' of a tensor, found it of a part")
            }
            self = .trellis(indices: try leaf(Part.indices), tables: try leaf(Part.tables))
        case [Part.values, Part.columnIndices, Part.rowPointers]:
            self = .csr(
                values: try node(Part.values), columnIndices: try leaf(Part.columnIndices),
                rowPointers: try leaf(Part.rowPointers))
        case [Part.values, Part.bitmask]:
            self = .bitmask(values: try node(Part.values), bitmask: try leaf(Part.bitmask))
        case [Part.values, Part.gaps]:
            self = .relative(values: try node(Part.values), gaps: try leaf(Part.gaps))
        case [Part.left, Part.right, "rank"]:
            guard let rank = try value("rank").integerValue, rank > 0 else {
                throw BantamError(.corruption, "encodings: expected 'rank' to be a positive integer")
            }
            self = .lowRank(left: try node(Part.left), right: try node(Part.right), rank: rank)
        case [Part.distinct, Part.repeats, "rows"]:
            guard let rows = try value("rows").integerValue, rows > 0 else {
                throw BantamError(.corruption, "encodings: expected 'rows' to be a positive integer")
            }
            self = .repeatedRows(
                distinct: try node(Part.distinct), repeats: try leaf(Part.repeats), rows: rows)
        case [Part.base]: self = .base(try base())
        case [Part.base, Residual.difference.rawValue]:
            self = .predicted(
                residual: try leaf(Residual.difference.rawValue), kind: .difference, base: try base())
        case [Part.base, Residual.xor.rawValue]:
            self = .predicted(residual: try leaf(Residual.xor.rawValue), kind: .xor, base: try base())
        default:
            throw BantamError(
                .corruption,
                "encodings: expected the parts of an encoding, found \(members.map(\.key).joined(separator: ", "))"
            )
        }
    }
}

extension Quantized.Granularity {
    /// Whether the length of a group leaves room for arithmetic with it.
    fileprivate var isReasonable: Bool {
        if case .group(let length) = self { length < 1 << 48 } else { true }
    }
}

extension HadamardRotation {
    /// What the format calls the rotation: `hadamard:SEED`.
    fileprivate var description: String { "hadamard:\(seed)" }

    fileprivate init?(_ text: String) {
        guard text.hasPrefix("hadamard:"), let seed = UInt64(text.dropFirst(9)) else { return nil }
        self.init(seed: seed)
        if description != text { return nil }
    }
}
