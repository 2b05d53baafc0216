"""A decoder of blocks of the coder `max`, written from max.md alone: slow, plain, for checking and for other readers.

    decode(block, dtype, raw_size, columns=0, first=0, form=3) -> bytes

Form 1 is that of coder 9, form 2 that of coder 10, form 3 that of coder 11.
"""

import sys

FLOATS = {"float64": (64, 52), "complex128": (64, 52), "float32": (32, 23), "complex64": (32, 23),
          "float16": (16, 10), "bfloat16": (16, 7), "float8_e4m3": (8, 3), "float8_e4m3fnuz": (8, 3),
          "float8_e5m2": (8, 2), "float8_e5m2fnuz": (8, 2)}
PACKED = {"float8_e8m0": 8, "float6_e2m3": 6, "float6_e3m2": 6, "float4": 4}
M32 = 2**32 - 1


def div(a, b):
    """Towards zero; b > 0."""
    return a // b if a >= 0 else -(-a // b)


def clip(value, low, high):
    return max(low, min(high, value))


def log(v):
    n = v.bit_length() - 1
    return 16 * n + ((v << 4 >> n) & 15)


def tables():
    squash, power = {}, 2**32
    for x in range(3072):
        s = power + 2**32
        c = max(1, (2**48 + s // 2) // s)
        squash[x], squash[-x] = 65536 - c, c
        power = power * 4311777323 >> 32
    stretch, x = [], -3071
    for p in range(4096):
        while x < 3071 and squash[x] < 16 * p + 8:
            x += 1
        stretch.append(x)
    return squash, stretch


SQUASH, STRETCH = tables()


class RangeDecoder:
    def __init__(self, data):
        self.data, self.position, self.range = data, 4, M32
        self.code = int.from_bytes((data[:4] + bytes(4))[:4], "big")

    def shift(self):
        while self.range < 2**24:
            byte = self.data[self.position] if self.position < len(self.data) else 0
            self.position += 1
            self.code = (self.code << 8 | byte) & M32
            self.range <<= 8

    def bit(self, p):
        bound = (self.range >> 16) * p
        one = self.code < bound
        if one:
            self.range = bound
        else:
            self.code -= bound
            self.range -= bound
        self.shift()
        return int(one)

    def raw(self, count):
        value = 0
        while count > 0:
            n = min(count, 8)
            count -= n
            self.range >>= n
            piece = min(self.code // self.range, 2**n - 1)
            self.code = (self.code - piece * self.range) & M32
            value = value << n | piece
            self.shift()
        return value


class AdaptiveBit:
    def __init__(self, form):
        self.bits, self.r, self.limit = ((22, 16, 1023), (32, 24, 16383), (32, 24, 16383))[form - 1]
        self.q, self.n = 2 ** (self.bits - 1), 0

    def top(self, bits):
        return self.q >> self.bits - bits

    def update(self, y, limit=None):
        goal = 2**self.bits - 1 if y else 0
        self.q += (goal - self.q) * (2 ** (self.r + 1) // (2 * self.n + 3)) >> self.r
        self.n = min(self.n + 1, limit or self.limit)


class Bits(dict):
    """Adaptive bits by what they are for; `code` uses one alone."""

    def __init__(self, form):
        self.form = form

    def __missing__(self, key):
        self[key] = AdaptiveBit(self.form)
        return self[key]

    def code(self, decoder, key, limit=None):
        y = decoder.bit(max(1, self[key].top(16)))
        self[key].update(y, limit)
        return y


class Mixer:
    def __init__(self, decoder, count, form):
        self.decoder, self.k, self.form = decoder, clip(count.bit_length() + 4, 10, 15), form
        self.slots, self.c, self.rate, self.decisions = Bits(form), [0] * 6, 1024, 0
        self.w = 16 if form == 1 else 22
        self.weights = [[[10922 << self.w - 16] * 6 + [0] for _ in range(64)], [[0] * 7 for _ in range(64)]]

    def code(self, relative, absolute, last, first, second):
        bits, x = [], []
        for i in range(6):
            node = (relative, relative, relative, absolute, absolute, last)[i]
            h = ((self.c[i] ^ node * 0x9E3779B1) & M32) * 0x85EBCA6B & M32
            h ^= h >> 15
            bit = self.slots[i, (h * 0xC2B2AE35 & M32) >> 32 - self.k]
            bits.append(bit)
            logit = STRETCH[bit.top(12)]
            x.append(div(logit * bit.n, 4) if bit.n < 4 else logit)
        x.append(256)
        sets = self.weights[0][first], self.weights[1][second]
        p = SQUASH[clip(sum(v * (sets[0][i] + sets[1][i]) for i, v in enumerate(x)) >> self.w, -3071, 3071)]
        y = self.decoder.bit(p)
        for i, v in enumerate(x):
            delta = v * (65536 * y - p) * self.rate + 2 ** (40 - self.w) >> 41 - self.w
            for weights in sets:
                weights[i] = (weights[i] + delta + 2**31 & M32) - 2**31
        self.decisions += 1
        if self.rate > 96:
            self.rate -= 16 if self.decisions % 256 == 0 else 0
        elif self.form > 1 and self.decisions >= 2**16 and self.decisions & self.decisions - 1 == 0:
            self.rate = max(12, self.rate - 6)
        for bit in bits:
            bit.update(y)
        return y


class Column:
    def __init__(self):
        self.mean, self.sign, self.share, self.above = 1, 0, 32768, 0


class NumberModel:
    def __init__(self, decoder, width, mantissa, signed, columns, first, count, highest, flags, form):
        self.decoder, self.width, self.mantissa, self.signed = decoder, width, mantissa, signed
        self.columns = columns if 0 < columns <= count else 0
        self.column, self.row = (first % columns if self.columns else 0), 0
        self.highest, self.has_zeros, self.zeros_count = highest, flags & 1, flags & 2
        self.mixer, self.bits, self.form = Mixer(decoder, count, form), Bits(form), form
        self.mean = self.recent = 2**20
        self.n, self.last, self.before, self.zeros, self.share, self.recent_share = 1, 0, 0, 0, 32768, 32768
        self.states = [Column() for _ in range(max(1, self.columns))]
        self.begin_row()
        self.endings = [0] * 4

    def begin_row(self):
        self.row_sum = self.row_expected = self.row_total = 8 * self.mean
        self.row_count = 8

    def prepare(self):
        self.state = self.states[self.column]
        self.local = log(self.recent)
        if self.columns:
            self.ratio = clip(256 * self.row_sum // max(1, self.row_expected), 1, 2**24)
            scale = self.state.mean if self.row else self.recent
            if self.form > 1 and self.row and self.state.mean == 1:
                scale = self.mean
            self.row_alone = log(max(1, self.row_total // self.row_count))
            self.amount_expected = clip(scale * self.ratio >> 8, 1, 2**34)
            self.expected, self.column_scale = log(self.amount_expected), log(self.state.mean)
            self.row_scale = log(self.ratio)
        else:
            self.expected, self.column_scale, self.row_scale = log(self.mean), self.local, 0

    def append(self, amount, height, negative):
        self.before, self.last = self.last, height
        goal = 0 if height else 65535
        self.zeros = (self.zeros << 1 | (height == 0)) & 255
        self.share += div(goal - self.share, 64)
        self.recent_share += div(goal - self.recent_share, 8)
        counts = height > 0 or self.zeros_count
        if counts:
            e, self.n = self.n, min(self.n + 1, 1024 if self.columns else 128)
            self.mean = max(1, self.mean + div(amount - self.mean, e))
            self.recent = max(1, self.recent + div(amount - self.recent, min(e, 16)))
        if not self.columns:
            return
        state = self.state
        state.above = height
        state.share += div(goal - state.share, min(self.row + 2, 256))
        if negative is not None:
            state.sign += div((4096 if negative else -4096) - state.sign, 64)
        if counts:
            self.row_total += amount
            self.row_count += 1
            if self.row == 0 or state.mean == 1:
                state.mean = max(1, (3 * self.amount_expected + amount) // 4)
            else:
                self.row_expected += state.mean
                self.row_sum += amount
                a = min(2**34, 256 * amount // self.ratio)
                state.mean = max(1, state.mean + div(a - state.mean, min(self.row + 2, 256)))
        self.column += 1
        if self.column == self.columns:
            self.column, self.row = 0, self.row + 1
            self.begin_row()
        elif self.column % 65536 == 0:
            self.row_sum >>= 1
            self.row_expected >>= 1

    def zeros_above(self):
        if not self.columns or self.row == 0:
            return 0
        c = self.column
        return ((self.state.above == 0) | (c > 0 and self.states[c - 1].above == 0) << 1
                | (c + 1 < self.columns and self.states[c + 1].above == 0) << 2)

    def code(self):
        self.prepare()
        m, above, column = self.mixer, self.state.above, self.column
        if self.has_zeros:
            dense = self.state.share >> 11
            m.c = [(self.share >> 11) * 32 + dense, self.zeros * 8 + self.zeros_above(),
                   (self.recent_share >> 11) * 32 + dense, 2 * self.expected + (self.zeros & 1), column,
                   self.last * 1024 + self.before * 32 + above]
            if m.code(0, 0, 0, 0, self.share >> 12):
                sign = self.bits.code(self.decoder, "zero", 255) if self.mantissa else 0
                self.append(0, 0, None)
                return sign << self.width - 1
        m.c = [0, clip(self.local - self.expected + 64 >> 2, 0, 31), self.last * 32 + above,
               self.column_scale >> 1, column if self.columns else self.before,
               self.last * 32 + self.before if not self.columns else self.row_scale >> 1 if self.form == 1 else 0]
        o = self.octave()
        b = self.mantissa if self.mantissa and o > self.mantissa else o - 1
        mantissa = self.low(o, b)
        sign = 0
        if self.signed:
            lean = clip(self.state.sign + 4096 >> 8, 0, 31)
            size = clip(self.distance(o) + 96 >> 4, 0, 15)
            sign = self.bits.code(self.decoder, ("sign", lean, size))
        d = self.highest - o
        lead = mantissa >> b - 4 if b >= 4 else mantissa << 4 - b
        self.append((16 + lead << 20) >> d if d < 40 else 0, max(1, 31 - d), sign if self.signed else None)
        if self.mantissa:
            leading = o - self.mantissa << self.mantissa if o > self.mantissa else 1 << o - 1
            return sign << self.width - 1 | leading | mantissa
        magnitude = 1 << o - 1 | mantissa
        return (-magnitude if sign else magnitude) & (1 << self.width) - 1

    def distance(self, o):
        return 16 * (o - self.highest + 24) - self.expected

    def place(self, o):
        return clip(self.distance(o) + 160 >> 1, 0, 127)

    def nodes(self, kind, o):
        """Of the contexts 0 to 2, 3 and 4, and 5."""
        absolute = last = self.highest - o & 255
        if self.form > 1 and self.columns:
            last = clip(16 * (o - self.highest + 24) - self.row_alone + 160 >> 1, 0, 255)
        return 256 * kind + self.place(o), 256 * kind + absolute, 256 * kind + last

    def octave(self):
        start = clip((self.expected + 32 >> 4) + self.highest - 24, 1, self.highest)
        selector = 31
        if self.columns:
            selector = 32 + 4 * min(7, self.row.bit_length()) + min(3, self.column.bit_length() // 2)

        def decide(o, kind, first):
            return self.mixer.code(*self.nodes(kind, o), first, selector)

        o = start
        if start < self.highest and decide(o, 1, 1):
            o += 1
            while o < min(self.highest, start + 20):
                if decide(o, 2, 2):
                    return o
                o += 1
            if o == self.highest:
                return o
        else:
            while o > max(1, start - 20):
                if decide(o, 3, 3 + min(5, start - o)):
                    return o
                o -= 1
            if o == 1:
                return o
        return clip(self.decoder.raw(12), 1, self.highest)

    def low(self, o, b):
        t = min(b, 3 if self.mantissa and self.width > 8 else 4)
        prefix = 1
        for _ in range(t):
            prefix = prefix << 1 | self.mixer.code(
                *self.nodes(4 + prefix, o), 9 + prefix, 32 + (self.place(o) >> 2))
        if self.form == 3 and self.width > 8:
            for _ in range(min(b, 8) - t):
                key = "finer", min(31, self.highest - o), prefix
                if key not in self.bits:
                    self.bits[key].n = 512
                prefix = prefix << 1 | self.bits.code(self.decoder, key)
            t = max(t, min(b, 8))
        left = b - t
        if left == 0:
            return prefix - (1 << t)
        if self.width == 8:
            for _ in range(left):
                prefix = prefix << 1 | self.bits.code(self.decoder, ("low", o, prefix))
            return prefix - (1 << b)
        shortest, index = min(self.endings), 0
        while index < left and not self.bits.code(self.decoder, ("end", shortest, index)):
            index += 1
        self.endings = [63 if index == left else index] + self.endings[:3]
        value = 0
        if index < left:
            value = (self.decoder.raw(left - 1 - index) << 1 | 1) << index
        return (prefix - (1 << t)) << left | value


def byte_model(decoder, width, columns, count, form):
    back = columns if 0 < columns <= count else 1
    mixer, elements = Mixer(decoder, count, form), []
    for index in range(count):
        last, before, above = (elements[index - k] if index >= k else 0 for k in (1, 2, back))
        value = 0
        for plane in reversed(range(width)):
            one, two, up = (v >> 8 * plane & 255 for v in (last, before, above))
            s, h = plane << 24, (value * 0x9E3779B97F4A7C15 & 2**64 - 1) >> 40
            mixer.c = [s, s | one, s | one << 8 | two, s | up, s ^ h,
                       (s ^ h * 0x01000193 ^ one * 0x01F357B1) & M32]
            prefix = 1
            for bit in range(8):
                prefix = prefix << 1 | mixer.code(prefix, prefix, prefix, 8 * plane + bit, int(one == up))
            value = value << 8 | prefix & 255
        elements.append(value)
    return elements


def bit_model(decoder, columns, first, count, form):
    columns = columns if 0 < columns <= count else 1
    mixer, elements = Mixer(decoder, count, form), []
    rows, density = [0] * columns, [32768] * 8 * columns
    share = recent_share = 32768
    recent, column = 0, first % columns
    for _ in range(count):
        above, value = rows[column], 0
        for index in range(8):
            place = 8 * column + index
            dense = density[place] >> 11
            mixer.c = [(share >> 11) * 32 + dense, recent & 255, (recent_share >> 11) * 32 + dense,
                       recent & 65535, place, (2 * above >> index & 7) * 16 + (recent & 15)]
            y = mixer.code(0, 0, 0, index, share >> 11)
            value |= y << index
            recent = (recent << 1 | y) & M32
            goal = 65535 if y else 0
            density[place] += div(goal - density[place], 16)
            share += div(goal - share, 128)
            recent_share += div(goal - recent_share, 16)
        rows[column] = value
        column = (column + 1) % columns
        elements.append(value)
    return elements


def decode(block, dtype, raw_size, columns=0, first=0, form=3):
    """The raw bytes of one block."""
    decoder = RangeDecoder(block)
    integer = dtype == "bool" or "int" in dtype
    if dtype in FLOATS:
        width, mantissa = FLOATS[dtype]
        bits = 2 * width if dtype.startswith("complex") else width
    else:
        width = bits = 8 if dtype == "bool" or not integer else int(dtype.lstrip("uint"))
        bits, mantissa = PACKED.get(dtype, bits), 0
    if min(columns, first) < 0 or max(columns, first) * bits >= 2**63 or columns * bits % width or first * bits % width:
        columns = first = 0
    columns, first = columns * bits // width, first * bits // width
    count, tail = divmod(raw_size, width // 8)
    method = decoder.raw(4)
    kind = method & 3
    if kind < 2:
        highest = decoder.raw(12)
        limit = 2 ** (width - 1 - mantissa) - 1 + mantissa if mantissa else width
        if not 1 <= highest <= limit or dtype in PACKED or kind == 1 and not integer:
            raise ValueError("max: no such method")
    elif method > 3 or method == 3 and width != 8:
        raise ValueError("max: no such method")
    if kind == 0:
        signed = not (dtype == "bool" or dtype.startswith("uint"))
        model = NumberModel(decoder, width, mantissa, signed, columns, first, count, highest, method >> 2, form)
        elements = [model.code() for _ in range(count)]
    elif kind == 1:
        model = NumberModel(decoder, width, 0, True, 0, 0, count, highest, method >> 2, form)
        elements, last = [], 0
        for _ in range(count):
            last = (last + model.code()) & (1 << width) - 1
            elements.append(last)
    elif kind == 2:
        elements = byte_model(decoder, width // 8, columns, count, form)
    else:
        elements = bit_model(decoder, columns, first, count, form)
    raw = b"".join(e.to_bytes(width // 8, "little") for e in elements)
    raw += bytes(decoder.raw(8) for _ in range(tail))
    if len(block) > max(decoder.position, raw_size // 65536 + 1):
        raise ValueError("max: bytes that nothing asked for")
    return raw


if __name__ == "__main__":
    # max.py CODED DTYPE RAW_SIZE [COLUMNS [FIRST [FORM]]] > RAW
    with open(sys.argv[1], "rb") as file:
        sys.stdout.buffer.write(decode(file.read(), sys.argv[2], *map(int, sys.argv[3:])))
