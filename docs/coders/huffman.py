"""A decoder of blocks of the coder `huffman`, written from huffman.md alone: slow, plain, for checking and for other readers.

    decode(block, dtype, raw_size) -> bytes
"""

import sys

WIDTHS = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2, "complex128": 8, "complex64": 4, "int64": 8, "uint64": 8,
          "int32": 4, "uint32": 4, "int16": 2, "uint16": 2}
ROTATED = ("float64", "float32", "float16", "bfloat16", "complex128", "complex64")


class Reader:
    def __init__(self, data):
        self.data, self.offset = data, 0

    def take(self, count):
        if count > len(self.data) - self.offset:
            raise ValueError(f"huffman: expected {count} bytes at {self.offset}")
        self.offset += count
        return self.data[self.offset - count:self.offset]


def words(first, last, packed):
    """The byte for each word, written as a string of 0 and 1."""
    lengths = [packed[i // 2] >> i % 2 * 4 & 15 for i in range(last - first + 1)]
    spare = packed[-1] >> 4 if len(lengths) % 2 else 0
    if first >= last or not lengths[0] or not lengths[-1] or max(lengths) > 12 or spare:
        raise ValueError("huffman: no lengths of a code")
    code, length, result = 0, 0, {}
    for bits, byte in sorted((bits, first + i) for i, bits in enumerate(lengths) if bits):
        code, length = code << bits - length, bits
        result[f"{code:0{bits}b}"] = byte
        code += 1
    if code != 1 << length:
        raise ValueError("huffman: the code is not complete")
    return result


def stream(data, table, count):
    bits = "".join(f"{byte:08b}" for byte in data)
    result, start = bytearray(), 0
    for _ in range(count):
        end = start + 1
        while bits[start:end] not in table:
            if end > len(bits):
                raise ValueError("huffman: a stream ends within a word")
            end += 1
        result.append(table[bits[start:end]])
        start = end
    if (start + 7) // 8 != len(data) or "1" in bits[start:]:
        raise ValueError("huffman: a stream does not end with its last word")
    return bytes(result)


def plane(reader, size):
    kind = reader.take(1)[0]
    if kind == 0:
        return reader.take(size)
    if kind == 1 and 17 <= size <= 1 << 20:
        return (reader.take(16) * (size // 16 + 1))[:size]
    if kind != (2 if size < 4096 else 3):
        raise ValueError(f"huffman: no plane of {size} bytes begins with {kind}")
    first, last = reader.take(2)
    table = words(first, last, reader.take(max(0, last - first) // 2 + 1))
    streams = 1 if size < 4096 else 8
    sizes = [int.from_bytes(reader.take(4), "little") for _ in range(streams)]
    run = -(-size // streams)
    return b"".join(stream(reader.take(sizes[k]), table, min(size, (k + 1) * run) - min(size, k * run)) for k in range(streams))


def decode(block, dtype, raw_size):
    """The raw bytes of one block."""
    width, reader = WIDTHS.get(dtype, 1), Reader(block)
    if raw_size < 1 or raw_size % width:
        raise ValueError("huffman: no whole elements")
    planes = [plane(reader, raw_size // width) for _ in range(width)]
    if reader.offset != len(block):
        raise ValueError("huffman: bytes after the last plane")
    raw = bytearray()
    for parts in zip(*planes):
        element = int.from_bytes(bytes(parts), "little")
        if dtype in ROTATED:
            element = element >> 1 | (element & 1) << 8 * width - 1
        raw += element.to_bytes(width, "little")
    return bytes(raw)


if __name__ == "__main__":
    # huffman.py CODED DTYPE RAW_SIZE > RAW
    with open(sys.argv[1], "rb") as file:
        sys.stdout.buffer.write(decode(file.read(), sys.argv[2], int(sys.argv[3])))
