"""A reader of trellis-coded tensors, written from docs/rate-distortion.md alone; reader.py uses it.

It takes the indices and tables of a tensor as bytes and gives its elements, one after another: slow and plain.
"""
import struct

import numpy as np

GENERATORS = {3: (5, 2), 6: (58, 17), 8: (169, 69)}


class Bits:
    """Bits of bytes, the first one the lowest of the first byte."""

    def __init__(self, data):
        self.bits, self.at = int.from_bytes(data, "little"), 0

    def read(self, count):
        value = self.bits >> self.at & (1 << count) - 1
        self.at += count
        return value

    def two(self, count):
        value = self.read(count)
        return value - (value >> count - 1 << count)

    def gamma(self):
        length = 0
        while self.read(1):
            length += 1
        return 1 << length | self.read(length)

    def exponential(self, p):
        return (self.gamma() - 1 << p) | self.read(p)

    def signed(self, p):
        value = self.exponential(p)
        return -(value + 1 >> 1) if value & 1 else value >> 1


class Bytes:
    """Bytes taken from the front."""

    def __init__(self, data):
        self.data, self.at = bytes(data), 0

    def take(self, count):
        self.at += count
        return self.data[self.at - count:self.at]

    def variable(self):
        value, shift = 0, 0
        while True:
            byte = self.take(1)[0]
            value, shift = value | (byte & 127) << shift, shift + 7
            if byte < 128:
                return value


def levels(codes, states):
    """The levels of codes that are indices, the machine starting anew every 65,536 of them."""
    h0, h1 = GENERATORS[states.bit_length() - 1]
    found, state = [], 0
    for at, index in enumerate(int(code) for code in codes.ravel()):
        state = state if at % 65536 else 0
        found.append(2 * index - (state & 1) * ((index > 0) - (index < 0)))
        state = state >> 1 ^ (state & 1) * h0 ^ (index & 1) * h1
    return np.array(found, "i2").reshape(codes.shape)


def slots_of(bits, raw):
    """What each of 4096 slots stands for: symbol (None: escape), frequency, slot within it."""
    largest, escape = bits.read(7), bits.gamma()
    frequencies, before = [], 1024
    for _ in range(largest):
        before = bits.exponential(max(0, before.bit_length() - 2)) + 1
        frequencies.append(before)
    zero = 4096 - escape - 2 * sum(frequencies)
    symbols = [(0, zero)]
    for magnitude, frequency in enumerate(frequencies, 1):
        symbols += [(magnitude, frequency), (-magnitude, frequency)]
    symbols.append((None, escape))
    return [(symbol, frequency, slot, raw) for symbol, frequency in symbols for slot in range(frequency)]


def tables_of(data):
    """Centroids by quantizer and magnitude, in steps, and for each of 64 classes the slots of both quantizers."""
    bits = Bits(data)
    assert bits.read(8) == 1
    p = bits.read(3)
    centroids = [[0] + [bits.signed(p) / 128 for _ in range(7)] for _ in range(2)]
    groups, classes = bits.read(6) + 1, []
    for group in range(groups):
        count = bits.gamma() if group + 1 < groups else 64 - len(classes)
        shared, tables = bits.read(1), []
        for _ in range(1 if shared else 2):
            # The raw bits stand with both tables.
            tables.append(slots_of(bits, bits.read(3)))
        classes += [tables * (2 // len(tables))] * count
    return centroids, classes


def classes_of(bits, count):
    form, base = bits.read(2), bits.two(8)
    if form == 0:
        return np.full(count, base)
    shift, p = bits.read(2), bits.read(3)
    values = np.array([bits.signed(p) for _ in range(count)], "i8")
    return base + ((np.cumsum(values) if form == 2 else values) << shift)


def elements(indices, tables, rows, columns):
    """The float32 elements of a matrix."""
    centroids, slots = tables_of(tables)
    head = Bytes(indices)
    version, states, lanes, block = head.take(4)
    assert version == 1
    h0, h1 = GENERATORS[states]
    lanes, block = 1 << lanes, 1 << block
    step = np.float32(struct.unpack("<f", head.take(4))[0])
    bits = Bits(head.take(head.variable()))
    row_classes, column_classes = classes_of(bits, rows), classes_of(bits, columns)
    means = None
    if bits.read(1):
        exponent, p = bits.two(7), bits.read(4)
        codes = np.array([bits.signed(p) for _ in range(columns)], "f4")
        means = codes * np.float32(np.ldexp(step, exponent))
    classes = np.clip(row_classes[:, None] + column_classes, 0, 63).reshape(-1)
    sizes = [head.variable() for _ in range(-(-rows * columns // block))]
    result = []
    for size in sizes:
        part, first = Bytes(head.take(size)), len(result)
        coders = list(struct.unpack(f"<{lanes}I", part.take(4 * lanes)))
        escapes = part.variable()
        if escapes:
            escaped = Bits(part.take(part.variable()))
        machines = [0] * lanes
        for index in range(min(block, rows * columns - first)):
            lane = index % lanes
            state, x = machines[lane], coders[lane]
            quantizer = state & 1
            symbol, frequency, slot, raw = slots[classes[first + index]][quantizer][x & 4095]
            x = frequency * (x >> 12) + slot
            if symbol is None:
                magnitude = escaped.gamma()
                k = -magnitude if escaped.read(1) else magnitude
            elif symbol == 0:
                k = 0
            else:
                k = ((abs(symbol) - 1 << raw) + (x & (1 << raw) - 1) + 1) * (1 if symbol > 0 else -1)
                x >>= raw
            if x < 1 << 16:
                x = x << 16 | int.from_bytes(part.take(2), "little")
            coders[lane] = x
            level = abs(2 * k) - (quantizer if k else 0)
            value = np.float32(level + centroids[quantizer][min(abs(k), 7)]) * step
            result.append(-value if k < 0 else value)
            machines[lane] = state >> 1 ^ (h0 if quantizer else 0) ^ (h1 if k & 1 else 0)
        assert coders == [1 << 16] * lanes and part.at == size
    values = np.array(result, "f4").reshape(rows, columns)
    return values if means is None else values + means
