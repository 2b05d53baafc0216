// Why: a random byte in a compressed file breaks its JSON or moves an array off its place, and the reader stops
// there. This mutator changes one thing at a time and keeps the rest of the file in order.

import Bantam

@_silgen_name("LLVMFuzzerMutate")
private func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ maximum: Int) -> Int

/// Changes the header's text, a value in its encodings, or the bytes of one array.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutateFile(
    _ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ maximum: Int, _ seed: UInt32
) -> Int {
    let bytes = Array(UnsafeBufferPointer(start: data, count: size))
    var random = Random(state: UInt64(seed))
    guard let parts = Parts(bytes) else { return mutate(data, size, maximum) }
    var changed: [UInt8]?
    switch random.below(8) {
    case 0: break
    case 1, 2: changed = parts.changingHeaderText()
    case 3, 4: changed = parts.changingArray(&random, resizing: random.below(3) == 0)
    default: changed = parts.changingEncodings(&random)
    }
    guard let changed, changed.count <= maximum else { return mutate(data, size, maximum) }
    for (index, byte) in changed.enumerated() { data[index] = byte }
    return changed.count
}

/// A safetensors file taken apart.
private struct Parts {
    var header: [UInt8]
    var data: [UInt8]

    init?(_ bytes: [UInt8]) {
        guard bytes.count > 8 else { return nil }
        let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        guard length <= UInt64(bytes.count - 8) else { return nil }
        header = Array(bytes[8..<8 + Int(length)])
        data = Array(bytes[(8 + Int(length))...])
    }

    private var joined: [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 8) + header
        Checksums.setLength(of: &bytes)
        return bytes + data
    }

    func changingHeaderText() -> [UInt8] {
        var parts = self
        parts.header = changed(header, atMost: header.count + 256)
        return parts.joined
    }

    /// Changes the bytes of one array; `resizing` moves the arrays behind it and makes its length fit.
    func changingArray(_ random: inout Random, resizing: Bool) -> [UInt8]? {
        guard case .object(var members)? = try? header.withUnsafeBytes({ try JSON(parsing: $0) }) else {
            return nil
        }
        let arrays = members.indices.filter { members[$0].value["data_offsets"] != nil }
        guard !arrays.isEmpty, case let chosen = arrays[random.below(arrays.count)],
            let range = Parts.offsets(members[chosen].value), range.upperBound <= data.count
        else { return nil }
        var parts = self
        var array = Array(data[range])
        if resizing || array.isEmpty {
            array = changed(array, atMost: array.count + 64)
            let delta = array.count - range.count
            for index in arrays {
                guard let old = Parts.offsets(members[index].value) else { return nil }
                let isLater = old.lowerBound >= range.upperBound && index != chosen
                let start = old.lowerBound &+ (isLater ? delta : 0)
                let end = index == chosen ? start &+ array.count : old.upperBound &+ (isLater ? delta : 0)
                members[index].value.replace("data_offsets", by: .array([.integer(start), .integer(end)]))
            }
            if let axes = members[chosen].value["shape"]?.arrayValue, axes.count == 1, range.count > 0,
                let length = axes[0].integerValue, length > 0, length <= range.count
            {
                let width = range.count / length
                members[chosen].value.replace("shape", by: .array([.integer(array.count / width)]))
            }
            parts.header = JSON.object(members).encoded()
        } else {
            let bytes = changed(array, atMost: array.count)
            array.replaceSubrange(0..<bytes.count, with: bytes)
        }
        parts.data.replaceSubrange(range, with: array)
        return parts.joined
    }

    /// Replaces one value in the JSON of the encodings, or in the entries of the arrays.
    func changingEncodings(_ random: inout Random) -> [UInt8]? {
        guard case .object(var members)? = try? header.withUnsafeBytes({ try JSON(parsing: $0) }) else {
            return nil
        }
        var parts = self
        if let place = members.firstIndex(where: { $0.key == "__metadata__" }), random.below(4) > 0,
            let text = members[place].value["bantam.encodings"]?.stringValue,
            var encodings = try? JSON(parsing: text)
        {
            encodings.changeOne(&random)
            members[place].value.replace("bantam.encodings", by: .string(encodings.text))
            parts.header = JSON.object(members).encoded()
        } else {
            var document = JSON.object(members)
            document.changeOne(&random)
            parts.header = document.encoded()
        }
        return parts.joined
    }

    private func changed(_ bytes: [UInt8], atMost maximum: Int) -> [UInt8] {
        guard maximum > 0 else { return bytes }
        var buffer = bytes + [UInt8](repeating: 0, count: maximum - bytes.count)
        let size = buffer.withUnsafeMutableBufferPointer { mutate($0.baseAddress!, bytes.count, maximum) }
        return Array(buffer[..<size])
    }

    private static func offsets(_ entry: JSON) -> Range<Int>? {
        guard let ends = entry["data_offsets"]?.arrayValue?.map(\.integerValue), ends.count == 2,
            let start = ends[0], let end = ends[1], 0 <= start, start <= end
        else { return nil }
        return start..<end
    }
}

extension JSON {
    /// Replaces the value of a key that is there.
    fileprivate mutating func replace(_ key: String, by value: JSON) {
        guard case .object(var members) = self, let index = members.firstIndex(where: { $0.key == key })
        else {
            return
        }
        members[index].value = value
        self = .object(members)
    }

    /// Changes one value somewhere in the document.
    fileprivate mutating func changeOne(_ random: inout Random) {
        switch self {
        case .array(var elements) where !elements.isEmpty && random.below(4) > 0:
            elements[random.below(elements.count)].changeOne(&random)
            self = .array(elements)
        case .object(var members) where !members.isEmpty && random.below(8) > 0:
            let index = random.below(members.count)
            switch random.below(16) {
            case 0: members.remove(at: index)
            case 1: members.append(Member(members[index].key + "_1", members[index].value))
            case 2: members[index].value = members[random.below(members.count)].value
            case 3: members[index].key = JSON.keys[random.below(JSON.keys.count)]
            default: members[index].value.changeOne(&random)
            }
            self = .object(members)
        case .integer(let value) where random.below(2) > 0:
            self = .integer(random.below(2) > 0 ? value &+ 1 : value &* 2)
        default: self = JSON.values[random.below(JSON.values.count)]
        }
    }

    private static let keys = [
        "codes", "scales", "zero_points", "values", "column_indices", "row_pointers", "bitmask", "gaps",
        "left", "right", "rank", "granularity", "array", "dtype", "shape", "checksum", "packed", "type",
        "count",
        "rotation", "codebook", "rows", "indices", "tables", "base", "difference", "xor", "distinct",
        "repeats",
    ]

    private static let values: [JSON] =
        [0, 1, 2, 3, 7, 8, 255, 256, 65535, 1 << 20, 1 << 31, 1 << 32, 1 << 48, 1 << 62, .max, -1, .min].map(
            JSON.integer)
        + ["", ".coded", "_1", "tensor", "channel", "group:1", "group:3", "group:281474976710655"].map(
            JSON.string)
        + ["hadamard:0", "hadamard:18446744073709551615", "int1", "int4", "uint3", "uint7", "int8"].map(
            JSON.string)
        + DType.allCases.map { .string($0.rawValue) }
        + ["I8", "U8", "I16", "F32", "F16", "BF16", "F64", "BOOL", "F4", "F6_E2M3"].map(JSON.string)
        + [0, -0.0, 0.5, 1e-45, -3e38, 1e39, 1e300].map(JSON.number) + [
            .array([]), .object([]), .null, .array([.integer(1)]), .array([.integer(4), .integer(4)]),
        ]
}

/// Random numbers that a seed alone decides (SplitMix64; G. Steele et al., 2014).
struct Random {
    var state: UInt64

    mutating func below(_ bound: Int) -> Int {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return Int((z ^ (z >> 31)) % UInt64(bound))
    }
}
