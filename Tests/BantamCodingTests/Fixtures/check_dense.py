"""Decodes every block of dense_blocks.txt with docs/coders/dense.py, which shares no code with the library.

A line is a name, dtype, columns, index of the first element, raw bytes and the block, both in hexadecimal. `--raw` writes
lines with the raw bytes that were chosen to reach every part of the format, without blocks: the library's first version
coded these. Python's standard library is all it takes.
"""

import pathlib
import struct
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parents[2] / "docs" / "coders"))


def noise(seed):
    """Knuth's linear congruential generator, the upper 32 bits."""
    while True:
        seed = (seed * 6364136223846793005 + 1442695040888963407) % 2**64
        yield seed >> 32


def normals(count, seed, columns):
    """Sums of uniform numbers with a scale by row and column."""
    source = noise(seed)
    for i in range(count):
        row, column = divmod(i, columns)
        scale = 2.0 ** (row * 7 % 5 - column * 5 % 3)
        yield scale * (sum(next(source) for _ in range(6)) / 2**32 - 3) / 32


def raws():
    def floats(count, columns, code="<f", cut=None):
        return b"".join(struct.pack(code, x)[cut or slice(None)] for x in normals(count, 1, columns))

    def integers(values, width):
        return b"".join((v % 2 ** (8 * width)).to_bytes(width, "little") for v in values)

    upper = slice(2, 4)
    yield "rows and columns", "bfloat16", 96, 20, floats(1500, 96, cut=upper)
    yield "32 lanes", "bfloat16", 128, 0, floats(8300, 128, cut=upper)
    yield "runs", "float16", 0, 0, floats(700, 300, "<e")
    narrow = b"".join(b"\0\0" + floats(600, 60, cut=upper)[2 * i:2 * i + 2] if i // 150 % 2 else floats(600, 60)[4 * i:4 * i + 4]
                      for i in range(600))
    yield "zeros left out", "float32", 60, 0, narrow
    yield "doubles", "float64", 40, 7, floats(300, 40, "<d")
    yield "complex", "complex64", 30, 11, floats(600, 60)
    rows = []
    for row in range(20):
        values = list(normals(64, row + 9, 64))
        rows += [round(v / max(map(abs, values)) * 127) for v in values]
    yield "int8 with atoms", "int8", 64, 0, integers(rows, 1)
    yield "int16", "int16", 50, 3, integers((round(v * 5000) for v in normals(900, 4, 50)), 2)
    yield "few values", "int8", 0, 0, integers((next_value % 3 * 50 - 50 for next_value, _ in zip(noise(3), range(600))), 1)
    yield "floats with zeros", "bfloat16", 32, 0, b"".join(
        floats(960, 32, cut=upper)[2 * i:2 * i + 2] if i % 3 == 0 else b"\0\0" for i in range(960))
    e4m3 = [(n >> 3) % 64 + 40 & 127 | n & 128 for n, _ in zip(noise(5), range(500))]
    yield "fp8", "float8_e4m3", 25, 0, bytes(e4m3)
    gaps = [next_value for next_value, _ in zip(noise(6), range(1200))]
    positions = [i for i in range(20 * 400) if gaps[i % 1200] * (i % 7 + 1) % 2**32 < 2**32 // 10]
    yield "gaps in rows", "uint16", 0, 0, integers((p % 400 for p in positions), 2)
    sums = [0]
    for g in gaps[:300]:
        sums.append(sums[-1] + 1000 + g % 50)
    yield "row pointers", "uint64", 0, 0, integers(sums, 8)
    yield "folded", "int32", 0, 0, integers(((g >> 8) % 41 - 20 for g in gaps[:500]), 4)
    yield "folded differences", "uint32", 0, 0, integers((10**6 + 300 * (i % 11 - 5) * (i % 3) + g % 9 for i, g in enumerate(gaps[:400])), 4)
    yield "bytes", "uint8", 0, 0, bytes(g % 17 * g % 19 for g in gaps[:800])
    yield "pattern", "float32", 0, 0, bytes(400)


def main():
    if sys.argv[1:] == ["--raw"]:
        for name, dtype, columns, first, raw in raws():
            print(name.replace(" ", "_"), dtype, columns, first, raw.hex())
        return
    from dense import decode
    for line in (HERE / "dense_blocks.txt").read_text().splitlines():
        name, dtype, columns, first, raw, coded = line.split()
        raw, coded = bytes.fromhex(raw), bytes.fromhex(coded)
        assert decode(coded, dtype, len(raw), int(columns), int(first)) == raw, name
        print(f"{name}: {len(raw)} from {len(coded)} bytes")


if __name__ == "__main__":
    main()
