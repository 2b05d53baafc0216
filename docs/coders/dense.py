"""A decoder of blocks of the coder `dense`, written from dense.md alone: slow, plain, for checking and for other readers.

    decode(block, dtype, raw_size, columns=0, first=0) -> bytes
"""

import sys
from math import isqrt

from max import FLOATS, RangeDecoder

MANTISSAS = {name: mantissa for name, (_, mantissa) in FLOATS.items()}


def log_table():
    """floor(256 log2 n) for n from 0 to 256: squares of a mantissa, as integers."""
    table = [0]
    for n in range(1, 257):
        whole = n.bit_length() - 1
        mantissa, result = n << 31 >> whole, whole
        for _ in range(16):
            mantissa = mantissa * mantissa >> 31
            result *= 2
            if mantissa >= 2**32:
                mantissa >>= 1
                result += 1
        table.append(result >> 8)
    return table


def power_table():
    roots, last = [], 2**32
    for _ in range(8):
        last = isqrt(last << 31)
        roots.append(last)
    table = []
    for i in range(256):
        power = 2**31
        for k in range(8):
            if i >> (7 - k) & 1:
                power = power * roots[k] >> 31
        table.append(power >> 1)
    return table


LOGS, POWERS = log_table(), power_table()


def log(x):
    if x == 0:
        return 0
    n = x.bit_length()
    return 256 * (n - 8) + LOGS[x >> (n - 8) if n > 8 else x << (8 - n)]


class Tree:
    def __init__(self, coder, bits):
        self.coder, self.bits = coder, bits
        self.chances = [[32768, 4] for _ in range(2**bits)]

    def code(self):
        prefix = 1
        for _ in range(self.bits):
            chance = self.chances[prefix]
            bit = self.coder.bit(chance[0])
            shift = chance[1].bit_length() - 2
            chance[0] += (65535 - chance[0] >> shift) if bit else -(chance[0] >> shift)
            chance[1] = min(chance[1] + 2, 64)
            prefix = 2 * prefix + bit
        return prefix - 2**self.bits


def signed(tree):
    length = tree.code()
    if length == 0:
        return 0
    folded = 1 << length - 1 | tree.coder.raw(length - 1)
    return -(folded + 1) // 2 if folded & 1 else folded // 2


def read_alphabet(coder):
    """For each symbol its base and how many extra bits it has."""
    first, plain, below, above = (coder.raw(bits) for bits in (16, 9, 8, 8))
    tree = Tree(coder, 7)
    extras = [tree.code() for _ in range(below + above)]
    if not 1 <= plain + below + above <= 256 or max(extras, default=0) > 64:
        raise ValueError("dense: no such alphabet")
    symbols, base = [(first + s, 0) for s in range(plain)], 0
    for index, bits in enumerate(extras):
        if index == below:
            base = first + plain
        symbols.append((base, bits))
        base += 2**bits
    return symbols


def frequencies(weights, total, all_listed):
    listed = [all_listed or w > 0 for w in weights]
    excess = [max(0, w * total - sum(weights)) if l else 0 for w, l in zip(weights, listed)]
    rest, whole = total - sum(listed), sum(excess)
    shift = max(0, whole.bit_length() - 32)
    running = given = 0
    result = []
    for more, is_listed in zip(excess, listed):
        if not is_listed:
            result.append(0)
            continue
        running += more
        due = rest if running == whole else min(rest, (running >> shift) * rest // max(1, whole >> shift))
        result.append(1 + due - given)
        given = due
    return result


def read_table(coder, count):
    precision = coder.raw(4)
    trees = [Tree(coder, 5) for _ in range(18)]
    weights, last, before = [], 0, 0
    for _ in range(count):
        length = trees[min((last + before + 1) // 2, 17)].code()
        last, before = length, last
        if length == 0:
            weights.append(0)
            continue
        kept = min(precision, length - 1)
        weights.append((1 << kept | coder.raw(kept)) << length - 1 - kept)
    if not any(weights):
        raise ValueError("dense: an empty table")
    return frequencies(weights, 4096, False)


class Grid:
    def __init__(self, coder, count, columns, first, parts):
        self.has_columns = 2 <= columns <= max(2, count // parts)
        self.columns = columns * parts if self.has_columns else 256
        self.start = first % columns * parts if self.has_columns else 0
        rows = (self.start + count - 1) // self.columns + 1
        self.group = coder.raw(8)
        by_column = coder.raw(1)
        self.lowest, self.highest = coder.raw(7), coder.raw(7)
        if by_column and not self.has_columns or not 0 <= self.highest - self.lowest < 64:
            raise ValueError("dense: no such grid")
        self.rows = self.read(coder, -(-rows // self.group) if self.group else 0)
        self.column_classes = self.read(coder, self.columns if by_column else 0)
        self.count = self.highest - self.lowest + 1

    @staticmethod
    def read(coder, count):
        if count == 0:
            return []
        tree = Tree(coder, min(coder.raw(3), 6))
        return [tree.code() for _ in range(count)]

    def class_of(self, index):
        row, column = divmod(self.start + index, self.columns)
        total = self.rows[row // self.group] if self.rows else 0
        total += self.column_classes[column] if self.column_classes else 0
        return min(max(total, self.lowest), self.highest) - self.lowest


def read_shape(coder, symbols, mantissa, classes):
    """Frequencies for each class."""
    origin, count = coder.raw(16) - 32768, coder.raw(7)
    tree, heights, height, slope = Tree(coder, 4), [], 0, 0
    for index in range(count):
        slope += signed(tree)
        height += slope
        heights.append(height)
        slope = 0 if index == 0 else slope
    atoms = [(coder.raw(8), coder.raw(9)) for _ in range(coder.raw(3))]
    if not heights or max(map(abs, heights)) >= 4096 or any(s >= len(symbols) for s, _ in atoms):
        raise ValueError("dense: no such shape")

    def magnitude(value):
        if mantissa is None:
            return value, 0
        exponent, low = value >> mantissa, value & (1 << mantissa) - 1
        return (low + (1 << mantissa), exponent) if exponent else (low, 1)

    cells = []
    for base, bits in symbols:
        value = base & 65535
        (low, e), (high, f) = magnitude(value), magnitude(value + 2**min(bits, 16))
        unit = max(e, f - 20)
        low = 0 if unit - e > 20 else low >> unit - e
        high <<= f - unit
        cells.append((log(low + high) - 256 + 256 * unit, log(high - low) + 256 * unit))
    last, total = len(heights) - 1, 4096 - sum(f for _, f in atoms)
    tables = []
    for number in range(classes):
        logs = []
        for middle, width in cells:
            x = middle - 64 * number - 64 * origin
            k, f = x >> 6, x & 63
            if x < 0:
                height = 16 * heights[0]
            elif k >= last:
                height = 16 * heights[last]
            else:
                height = heights[k] * (64 - f) + heights[k + 1] * f >> 2
            logs.append(width + height)
        weights = []
        for value in logs:
            d = max(logs) - value
            n = -(-d // 256)
            weights.append(0 if n > 40 else POWERS[256 * n - d] >> n)
        table = frequencies(weights, total, True)
        for symbol, more in atoms:
            table[symbol] += more
        tables.append(table)
    return tables


class Parts:
    """The block taken apart: states, words and extra bits."""

    def __init__(self, block, count):
        position, sizes = 1, []
        for _ in range(2):
            size = shift = 0
            while True:
                byte = block[position]
                size |= (byte & 127) << shift
                position, shift = position + 1, shift + 7
                if byte < 128:
                    break
            sizes.append(size)
        self.coder = RangeDecoder(block[position:position + sizes[0]])
        self.side_size = sizes[0]
        position += sizes[0]
        self.lanes = 64 if block[0] & 4 else 32 if count >= 8192 else 4 if count >= 1024 else 1
        self.states = [int.from_bytes(block[position + 4 * i:position + 4 * i + 4], "little") for i in range(self.lanes)]
        self.rest, self.extra_size = block[position + 4 * self.lanes:], sizes[1]

    def symbols(self, offset, count, tables, class_of, alphabet):
        """The values of all elements; rests took `offset` bytes."""
        extra = int.from_bytes(self.rest[offset:offset + self.extra_size], "little")
        words = self.rest[offset + self.extra_size:]
        slots = []
        for table in tables:
            if sum(table) != 4096:
                raise ValueError("dense: frequencies that do not add up")
            slots.append([(s, f, i) for s, f in enumerate(table) for i in range(f)])
        values, word, bits = [], 0, 0
        for index in range(count):
            state = self.states[index % self.lanes]
            symbol, frequency, place = slots[class_of(index)][state & 4095]
            state = frequency * (state >> 12) + place
            if state < 65536:
                if word + 2 > len(words):
                    raise ValueError("dense: words are missing")
                state = state << 16 | words[word] | words[word + 1] << 8
                word += 2
            self.states[index % self.lanes] = state
            base, more = alphabet[symbol]
            values.append(base + (extra >> bits & (1 << more) - 1))
            bits += more
        if word != len(words) or any(s != 65536 for s in self.states) or (bits + 7) // 8 != self.extra_size:
            raise ValueError("dense: parts that do not end where they should")
        return values


def read_rests(data, count, bits_of_unit):
    """The rests of all numbers, and the bytes they took."""
    rests, position = [], 0
    for unit in range(-(-count // 128)):
        length, bits = min(128, count - 128 * unit), bits_of_unit(unit)
        values = [0] * length
        if length < 128:
            size = (length * bits + 7) // 8
            packed = int.from_bytes(data[position:position + size], "little")
            values = [packed >> i * bits & (1 << bits) - 1 for i in range(length)]
            position += size
        else:
            shift = 0
            for width in (32, 16, 8, 4, 2, 1):
                if not bits & width:
                    continue
                for i in range(128):
                    if width >= 8:
                        at = position + i * width // 8
                        piece = int.from_bytes(data[at:at + width // 8], "little")
                    else:
                        bytes_of_plane = 16 * width
                        piece = data[position + i % bytes_of_plane] >> i // bytes_of_plane * width & (1 << width) - 1
                    values[i] |= piece << shift
                position, shift = position + 16 * width, shift + width
        rests += values
    return rests, position


def numbers(parts, count, width, mantissa, columns, first, pieces):
    coder = parts.coder
    low_bits = coder.raw(6)
    if low_bits >= width - 1 or mantissa is not None and low_bits > mantissa:
        raise ValueError("dense: no such low bits")
    alphabet = read_alphabet(coder)
    drops = None
    if coder.raw(1):
        tree = Tree(coder, 6)
        drops = [tree.code() for _ in range(-(-count // 128))]
    if coder.raw(1):
        grid = Grid(coder, count, columns, first, pieces)
        tables = read_shape(coder, alphabet, None if mantissa is None else mantissa - low_bits, grid.count)
        class_of = grid.class_of
    else:
        tables, class_of = [read_table(coder, len(alphabet))], lambda index: 0
    drop_of = (lambda unit: drops[unit]) if drops else (lambda unit: 0)
    rests, size = read_rests(parts.rest, count, lambda unit: low_bits + 1 - drop_of(unit))
    values = parts.symbols(size, count, tables, class_of, alphabet)
    elements = []
    for index, (value, rest) in enumerate(zip(values, rests)):
        rest <<= drop_of(index // 128)
        negative = rest >> low_bits & 1
        magnitude = value << low_bits | rest & (1 << low_bits) - 1
        if negative and mantissa is None:
            magnitude = ~magnitude
        elements.append(magnitude & (1 << width - 1) - 1 | negative << width - 1)
    return elements


def indices(parts, count, width):
    coder, mask = parts.coder, (1 << width) - 1
    step = coder.raw(2)
    largest = coder.raw(width) if step == 2 else 0
    alphabet = read_alphabet(coder)
    values = parts.symbols(0, count, [read_table(coder, len(alphabet))], lambda index: 0, alphabet)
    elements, last = [], 0
    for value in values:
        value &= mask
        unfolded = value >> 1 ^ -(value & 1)
        if step == 0:
            last = value
        elif step == 1:
            last = unfolded & mask
        elif step == 2:
            last = last + value if last + value <= largest else last + value - largest - 1 & mask
        else:
            last = last + unfolded & mask
        elements.append(last)
    return elements


def decode(block, dtype, raw_size, columns=0, first=0):
    """The raw bytes of one block."""
    if block[0] == 0 and len(block) == 33:
        return (block[1:] * (raw_size // 32 + 1))[:raw_size]
    if dtype in FLOATS:
        width = FLOATS[dtype][0]
    else:
        digits = dtype.lstrip("uint")
        width = int(digits) if digits.isdigit() else 8
    count = raw_size // (width // 8)
    parts = Parts(block, count)
    if block[0] & ~4 == 1 and (dtype in FLOATS or dtype in ("int8", "int16")):
        pieces = 2 if dtype.startswith("complex") else 1
        elements = numbers(parts, count, width, MANTISSAS.get(dtype), columns, first, pieces)
    elif block[0] & ~4 == 2 and dtype not in FLOATS:
        elements = indices(parts, count, width)
    else:
        raise ValueError("dense: no such block")
    if parts.side_size > parts.coder.position:
        raise ValueError("dense: bytes that nothing asked for")
    return b"".join(e.to_bytes(width // 8, "little") for e in elements)


if __name__ == "__main__":
    # dense.py CODED DTYPE RAW_SIZE [COLUMNS [FIRST]] > RAW
    with open(sys.argv[1], "rb") as file:
        sys.stdout.buffer.write(decode(file.read(), sys.argv[2], *map(int, sys.argv[3:])))
