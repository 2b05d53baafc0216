// Why: the kernels must agree with something that was written from the specification alone, one element at a time.

import BantamTensors

/// A decoder of the coder `fast` after `docs/coders/fast.md`, as plain as can be. It trusts the block.
struct FastReference {
    var bytes: [UInt8]
    var offset = 0

    mutating func take(_ count: Int) -> ArraySlice<UInt8> {
        defer { offset += count }
        return bytes[offset..<offset + count]
    }

    static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// Bits at a place in bytes, least significant first.
    static func bits(_ bytes: ArraySlice<UInt8>, _ place: Int, _ count: Int) -> UInt64 {
        (0..<count).reduce(0) { result, index in
            let byte = bytes[bytes.startIndex + (place + index) / 8]
            return result | UInt64(byte >> UInt8((place + index) % 8) & 1) << UInt64(index)
        }
    }

    /// Element width, head width, whether the head's sign rotates to its bottom, field bits, a sign plane, low
    /// bits.
    struct Layout {
        var width: Int
        var headWidth: Int
        var rotates: Bool
        var fieldBits: Int
        var signs: Bool
        var lowBits: Int
    }

    static let layouts: [Int: Layout] = [
        1: Layout(width: 2, headWidth: 2, rotates: true, fieldBits: 0, signs: false, lowBits: 0),
        2: Layout(width: 2, headWidth: 2, rotates: true, fieldBits: 2, signs: false, lowBits: 0),
        3: Layout(width: 2, headWidth: 2, rotates: false, fieldBits: 0, signs: false, lowBits: 0),
        4: Layout(width: 2, headWidth: 2, rotates: false, fieldBits: 4, signs: false, lowBits: 0),
        5: Layout(width: 1, headWidth: 1, rotates: false, fieldBits: 4, signs: false, lowBits: 0),
        6: Layout(width: 1, headWidth: 1, rotates: false, fieldBits: 2, signs: true, lowBits: 0),
        7: Layout(width: 1, headWidth: 1, rotates: true, fieldBits: 2, signs: false, lowBits: 0),
        8: Layout(width: 4, headWidth: 2, rotates: true, fieldBits: 0, signs: false, lowBits: 16),
        9: Layout(width: 8, headWidth: 2, rotates: true, fieldBits: 0, signs: false, lowBits: 45),
    ]

    static func decode(_ bytes: [UInt8], count byteCount: Int) -> [UInt8] {
        if bytes[0] == 0 { return (0..<byteCount).map { bytes[1 + $0 % 32] } }
        var reader = FastReference(bytes: bytes)
        let flags = reader.take(1)[0]
        let layout = layouts[Int(flags & 0x3f)]!
        let count = byteCount / layout.width
        let alphabet = reader.take(1)[1]
        let symbolCount = Int(alphabet & 0x7f) + 1
        let hasEscape = alphabet & 0x80 != 0
        var values = reader.take(symbolCount - (hasEscape ? 1 : 0)).map { Int($0) }
        if hasEscape { values.append(-1) }
        var slots: [(frequency: Int, offset: Int, value: Int)] = []
        for (value, frequency) in zip(values, reader.take(symbolCount)) {
            for offset in 0..<Int(frequency) { slots.append((Int(frequency), offset, value)) }
        }
        let escapeCount = Int(number(reader.take(4)))
        let lanes = flags & 0x80 != 0 ? 128 : 8
        let streamSizes = lanes == 8 ? [] : (0..<3).map { _ in Int(number(reader.take(4))) }
        let steps = lanes == 128 ? count / 128 : 0
        var states = (0..<lanes).map { _ in Int(number(reader.take(2))) }
        var kept = [Int](repeating: 0, count: steps)
        if flags & 0x40 != 0 {
            let packed = reader.take((steps + 3) / 4)
            kept = (0..<steps).map { Int(bits(packed, 2 * $0, 2)) }
        }
        let planeBytes =
            (layout.headWidth == 2 ? 128 : 0) + 16 * layout.fieldBits + (layout.signs ? 16 : 0)
        let lowBytes = layout.lowBits == 0 ? [0, 0, 0, 0] : [layout.lowBits * 16, 48, 0, 256]
        let restBits =
            8 * (layout.headWidth - 1) + layout.fieldBits + (layout.signs ? 1 : 0) + layout.lowBits
        var raw = reader
        _ = reader.take(
            kept.reduce(0) { $0 + planeBytes + lowBytes[$1] } + ((count - 128 * steps) * restBits + 7) / 8)
        var escapes = reader
        _ = reader.take(escapeCount)
        var streams = streamSizes.map { Array(reader.take($0)) }
        streams.append(Array(reader.bytes[reader.offset...]))
        var places = [Int](repeating: 0, count: streams.count)

        func next(_ state: Int) -> Int {
            let slot = slots[states[state] & 255]
            states[state] = slot.frequency * (states[state] >> 8) + slot.offset
            if states[state] < 256 {
                states[state] = states[state] << 8 | Int(streams[state / 32][places[state / 32]])
                places[state / 32] += 1
            }
            return slot.value
        }
        var result = [UInt8](repeating: 0, count: byteCount)
        func put(_ index: Int, _ element: UInt64) {
            for byte in 0..<layout.width {
                result[index * layout.width + byte] = UInt8(truncatingIfNeeded: element >> UInt64(8 * byte))
            }
        }
        for step in 0..<steps {
            let decoded = (0..<128).map { next($0) }
            let planes = raw.take(planeBytes)
            let low = raw.take(lowBytes[kept[step]])
            let fields = planes.dropFirst(layout.headWidth == 2 ? 128 : 0)
            for place in 0..<128 {
                let state = place & 64 | (place & 1) * 32 | (place & 63) / 2
                var high = UInt64(decoded[state] < 0 ? Int(escapes.take(1).first!) : decoded[state])
                if layout.fieldBits == 4 { high |= bits(fields, (place % 64) * 8 + place / 64 * 4, 4) }
                if layout.fieldBits == 2 {
                    high |= bits(fields, (place % 64) / 2 * 8 + place / 64 * 4 + place % 2 * 2, 2)
                }
                if layout.signs { high |= bits(fields.dropFirst(16 * layout.fieldBits), place, 1) << 7 }
                if layout.headWidth == 1 {
                    put(128 * step + place, joined(layout, high, 0, 0))
                } else {
                    let lowBits = lowPart(layout, low, kept[step], state)
                    put(
                        128 * step + state,
                        joined(layout, high, UInt64(planes[planes.startIndex + place]), lowBits))
                }
            }
        }
        let restBytes = raw.take(((count - 128 * steps) * restBits + 7) / 8)
        for index in 128 * steps..<count {
            let place = index - 128 * steps
            let value = next(place % lanes)
            var high = UInt64(value < 0 ? Int(escapes.take(1).first!) : value)
            var rest = bits(restBytes, place * restBits, restBits)
            var lowByte: UInt64 = 0
            if layout.headWidth == 2 {
                lowByte = rest & 255
                rest >>= 8
            }
            high |= rest & (1 << UInt64(layout.fieldBits) - 1)
            rest >>= UInt64(layout.fieldBits)
            if layout.signs { high |= rest << 7 }
            put(index, joined(layout, high, lowByte, layout.lowBits > 0 ? rest : 0))
        }
        return result
    }

    /// The low bits of the element at a state.
    private static func lowPart(_ layout: Layout, _ low: ArraySlice<UInt8>, _ kept: Int, _ state: Int)
        -> UInt64
    {
        guard layout.lowBits > 0 else { return 0 }
        let shift = UInt64(layout.lowBits - 16)
        switch kept {
        case 0:
            return bits(low, 16 * state, 16) << shift
                | (shift > 0 ? bits(low.dropFirst(256), Int(shift) * state, Int(shift)) : 0)
        case 1:
            let pair = bits(low, state % 32 * 8 + state / 32 * 2, 2)
            return (pair << 13 | bits(low.dropFirst(32), state, 1) << 15) << shift
        case 3: return bits(low, 16 * state, 16) << shift
        default: return 0
        }
    }

    private static func joined(_ layout: Layout, _ high: UInt64, _ lowByte: UInt64, _ low: UInt64) -> UInt64 {
        guard layout.headWidth == 2 else { return layout.rotates ? high >> 1 | (high & 1) << 7 : high }
        var head = high << 8 | lowByte
        if layout.rotates { head = head >> 1 | (head & 1) << 15 }
        switch layout.width {
        case 2: return head
        case 4: return head << 16 | low
        default:
            let exponent = head >> 7 & 255
            let wide = exponent == 0 ? 0 : exponent == 255 ? 2047 : exponent + 896
            return (head >> 15) << 63 | wide << 52 | (head & 127) << 45 | low
        }
    }
}
