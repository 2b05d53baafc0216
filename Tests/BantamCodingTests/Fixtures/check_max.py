"""Decodes every block of max_blocks.txt with docs/coders/max.py, which shares no code with the library.

A line is a name, dtype, columns, index of the first element, and in hexadecimal raw bytes and the block in each
form. `--raw` writes lines with the raw bytes that were chosen to reach every part of the first two, without blocks: the library
coded these when it first wrote a form. Python's standard library is all it takes.
"""

import struct
import sys

from check_dense import HERE, noise, normals


def raws():
    def floats(count, columns, code="<f", cut=None, seed=1):
        return b"".join(struct.pack(code, x)[cut or slice(None)] for x in normals(count, seed, columns))

    def integers(values, width):
        return b"".join((v % 2 ** (8 * width)).to_bytes(width, "little") for v in values)

    def draws(count, seed):
        return [x for x, _ in zip(noise(seed), range(count))]

    upper = slice(2, 4)
    yield "inside_a_row", "bfloat16", 96, 20, floats(1500, 96, cut=upper)
    # The first of two rows is not whole: what stands above is unknown for most of the second one, and pruned for some.
    yield "mostly_unseen", "float16", 200, 170, b"".join(
        floats(400, 200, "<e")[2 * i:2 * i + 2] if x % 5 else b"\0" + bytes([x >> 24 & 128]) for i, x in enumerate(draws(400, 4)))
    # Over 2^16 decisions.
    yield "many_numbers", "int8", 64, 30, integers((max(-127, min(127, round(v * 60))) for v in normals(13000, 2, 64)), 1)
    # Over 2^17 decisions, with more of a kind than any count takes in.
    yield "many_bits", "uint8", 10, 3, bytes(1 << x % 8 if x % 2**32 < 2**32 // 25 else 0 for x in draws(17000, 3))
    yield "without_columns", "float16", 0, 0, floats(700, 300, "<e")
    yield "small_zeros", "int8", 32, 5, integers((round(v * 20) for v in normals(960, 5, 32)), 1)
    yield "pruned", "float32", 40, 11, b"".join(
        floats(600, 40)[4 * i:4 * i + 4] if x % 10 == 0 else bytes(4) for i, x in enumerate(draws(600, 6)))
    yield "once_half", "float32", 0, 0, b"".join(
        struct.pack("<f", *struct.unpack("<e", struct.pack("<e", x))) for x in normals(300, 7, 60))
    yield "doubles", "float64", 40, 7, floats(200, 40, "<d")
    yield "complex", "complex64", 30, 11, floats(600, 60)
    yield "fp8", "float8_e4m3", 25, 0, bytes((x >> 3) % 64 + 40 & 127 | x & 128 for x in draws(800, 8))
    yield "rising", "uint32", 0, 0, integers((300 * i + x % 400 for i, x in enumerate(draws(400, 9))), 4)
    yield "packed", "float4", 20, 6, bytes(x % 5 * 17 + (x >> 8) % 3 for x in draws(700, 10))
    yield "palette", "float32", 0, 0, b"".join(struct.pack("<f", (0.3, -1.7, 2.9)[x % 3]) for x in draws(400, 11))
    yield "odd_tail", "int16", 3, 1, bytes(x % 3 for x in draws(91, 12))


def main():
    if sys.argv[1:] == ["--raw"]:
        for name, dtype, columns, first, raw in raws():
            print(name, dtype, columns, first, raw.hex())
        return
    from max import decode
    for line in (HERE / "max_blocks.txt").read_text().splitlines():
        name, dtype, columns, first, *fields = line.split()
        raw, *forms = map(bytes.fromhex, fields)
        for form, coded in enumerate(forms, 1):
            assert decode(coded, dtype, len(raw), int(columns), int(first), form) == raw, (name, form)
        print(f"{name}: {len(raw)} from {' and '.join(str(len(coded)) for coded in forms)} bytes")


if __name__ == "__main__":
    main()
