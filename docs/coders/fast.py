"""A decoder of blocks of the coder `fast`, written from fast.md alone: slow, plain, for checking and for other readers.

    decode(block, dtype, raw_size) -> bytes
"""

import sys

# dtypes; bytes of an element; whether the head is rotated; bits of the field; whether there are a low byte and a sign;
# bits below the head.
LAYOUTS = {
    1: (("bfloat16",), 2, True, 0, True, False, 0),
    2: (("float16",), 2, True, 2, True, False, 0),
    3: (("int16", "uint16"), 2, False, 0, True, False, 0),
    4: (("int16", "uint16"), 2, False, 4, True, False, 0),
    5: (("int8", "uint8"), 1, False, 4, False, False, 0),
    6: (("float8_e4m3", "float8_e4m3fnuz"), 1, False, 2, False, True, 0),
    7: (("float8_e5m2", "float8_e5m2fnuz"), 1, True, 2, False, False, 0),
    8: (("float32", "complex64"), 4, True, 0, True, False, 16),
    9: (("float64", "complex128"), 8, True, 0, True, False, 45),
}


class Reader:
    def __init__(self, data):
        self.data, self.offset = data, 0

    def take(self, count):
        if self.offset + count > len(self.data):
            raise ValueError("fast: bytes are missing")
        self.offset += count
        return self.data[self.offset - count:self.offset]

    def number(self, count):
        return int.from_bytes(self.take(count), "little")


class Bits:
    """Numbers of some bits each, without gaps, the least significant bit first."""

    def __init__(self, data):
        self.left = int.from_bytes(data, "little")

    def take(self, count):
        value = self.left & (1 << count) - 1
        self.left >>= count
        return value


def field(data, start, width, index):
    """Number `index` of those of `width` bits that stand in `data` from byte `start` on."""
    bit = 8 * start + width * index
    return int.from_bytes(data[bit // 8:bit // 8 + 8], "little") >> bit % 8 & (1 << width) - 1


def places():
    """Half, place and state of all states, in the order of places."""
    return [(h, q, 64 * h + 32 * (q % 2) + q // 2) for h in range(2) for q in range(64)]


def low_bits(raw, start, bits, kept):
    """What a step keeps of the bits below the heads, in the order of the elements, and where it ends."""
    upper = bits - 16  # of the 16 highest
    if kept == 0 and bits == 16:
        return [field(raw, start, 16, i) for i in range(128)], start + 256
    if kept == 0:
        high, rest = start, Bits(raw[start + 256:start + 720])
        return [field(raw, high, 16, i) << 29 | rest.take(29) for i in range(128)], start + 720
    if kept == 1:
        pair = [field(raw, start, 2, 4 * (i % 32) + i // 32) for i in range(128)]
        top = [field(raw, start + 32, 1, i) for i in range(128)]
        return [(p << 13 | t << 15) << upper for p, t in zip(pair, top)], start + 48
    if kept == 2:
        return [0] * 128, start
    if bits == 16:
        raise ValueError("fast: no such low bits")
    return [field(raw, start, 16, i) << 29 for i in range(128)], start + 256


def low_byte_count(bits, kept):
    return {0: 720 if bits == 45 else 256, 1: 48, 2: 0, 3: 256}[kept] if bits else 0


def element(high, low_byte, sign, low, layout):
    """An element of its high byte and all that is stored beside it."""
    _, _, rotated, _, has_low_byte, _, bits = layout
    head, head_bits = (high << 8 | low_byte, 16) if has_low_byte else (high | sign << 7, 8)
    if rotated:
        head = head >> 1 | (head & 1) << head_bits - 1
    if bits == 16:
        return head << 16 | low
    if bits == 45:
        exponent = head >> 7 & 255
        exponent = {0: 0, 255: 2047}.get(exponent, exponent + 896)
        return (head >> 15) << 63 | exponent << 52 | (head & 127) << 45 | low
    return head


def decode(block, dtype, raw_size):
    """The raw bytes of one block."""
    reader = Reader(block)
    kind = reader.take(1)[0]
    if kind == 0:
        if len(block) != 33 or not 34 <= raw_size <= 1 << 20:
            raise ValueError("fast: no such block")
        return (reader.take(32) * (raw_size // 32 + 1))[:raw_size]
    layout = LAYOUTS.get(kind & 63)
    if layout is None or dtype not in layout[0]:
        raise ValueError(f"fast: no layout {kind & 63} of {dtype}")
    _, width, _, field_bits, has_low_byte, has_sign, bits = layout
    count, state_count = raw_size // width, 128 if kind & 128 else 8
    steps = count // 128 if kind & 128 else 0
    left = count - 128 * steps
    if raw_size < 1 or raw_size % width or kind & 64 and (bits == 0 or state_count == 8):
        raise ValueError("fast: no such block")

    head = reader.take(1)[0]
    symbols, has_escape = (head & 127) + 1, head >> 7
    values = list(reader.take(symbols - has_escape)) + [None] * has_escape
    frequencies = list(reader.take(symbols))
    if not 2 <= symbols <= 32 or sum(frequencies) != 256 or 0 in frequencies:
        raise ValueError("fast: frequencies that do not add up")
    slots = [(v, f, place) for v, f in zip(values, frequencies) for place in range(f)]
    escape_count = reader.number(4)
    sizes = [reader.number(4) for _ in range(3)] if state_count == 128 else []
    states = [reader.number(2) for _ in range(state_count)]
    marks = reader.take((2 * steps + 7) // 8) if kind & 64 else b""
    kept = [marks[s // 4] >> s % 4 * 2 & 3 if kind & 64 else 0 for s in range(steps)]
    planes = 128 * has_low_byte + 16 * field_bits + 16 * has_sign
    raw = reader.take(sum(planes + low_byte_count(bits, k) for k in kept))
    rest = Bits(reader.take((left * (8 * has_low_byte + field_bits + has_sign + bits) + 7) // 8))
    escapes = Reader(reader.take(escape_count))
    streams = [Reader(reader.take(size)) for size in sizes]
    streams.append(Reader(reader.take(len(block) - reader.offset)))

    def symbol(index):
        value, frequency, place = slots[states[index] & 255]
        state = frequency * (states[index] >> 8) + place
        if state < 256:
            state = state << 8 | streams[index // 32 if state_count == 128 else 0].take(1)[0]
        states[index] = state
        return value

    elements, at = [], 0
    for step in range(steps):
        found = [symbol(index) for index in range(128)]
        fields = at + 128 * has_low_byte
        signs = fields + 16 * field_bits
        low = [0] * 128
        end = signs + 16 * has_sign
        if bits:
            low, end = low_bits(raw, end, bits, kept[step])
        done = [0] * 128
        for half, place, index in places():
            high = found[index]
            if high is None:
                high = escapes.take(1)[0]
            if field_bits == 4:
                high |= field(raw, fields, 4, 2 * place + half)
            if field_bits == 2:
                high |= field(raw, fields, 2, 4 * (place // 2) + 2 * half + place % 2)
            number = 64 * half + place if width == 1 else index
            low_byte = raw[at + 64 * half + place] if has_low_byte else 0
            sign = field(raw, signs, 1, 64 * half + place) if has_sign else 0
            done[number] = element(high, low_byte, sign, low[number], layout)
        elements += done
        at = end
    for index in range(left):
        high = symbol(index % state_count)
        if high is None:
            high = escapes.take(1)[0]
        low_byte = rest.take(8 * has_low_byte)
        high |= rest.take(field_bits)
        sign = rest.take(has_sign)
        elements.append(element(high, low_byte, sign, rest.take(bits), layout))
    if any(s != 256 for s in states) or any(s.offset != len(s.data) for s in streams + [escapes]):
        raise ValueError("fast: parts that do not end where they should")
    return b"".join(e.to_bytes(width, "little") for e in elements)


if __name__ == "__main__":
    # fast.py CODED DTYPE RAW_SIZE > RAW
    with open(sys.argv[1], "rb") as file:
        sys.stdout.buffer.write(decode(file.read(), sys.argv[2], int(sys.argv[3])))
