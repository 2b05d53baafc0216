"""Takes the blocks of our own coders out of the coded arrays: seeds for the targets coder-…

An input is the dtype's number, the columns and the raw bytes in two bytes each, and the block. The top bit of the first byte
says that the coder is an earlier form, which is read only."""

import pathlib

here = pathlib.Path(__file__).parent
for path in sorted((here / "coded-array").iterdir()):
    data = path.read_bytes()
    name = {5: "huffman", 6: "fast", 7: "dense", 9: "max", 10: "max"}.get(data[0])
    raw = at = 0
    while not at or data[2 + at] > 127:
        raw, at = raw | (data[3 + at] & 127) << 7 * at, at + 1
    if name and data[2] & 0xE0 == 0 and raw <= min(1 << (data[2] & 31), 65535):
        columns = 20 if data[0] == 10 else 0
        seed = bytes([data[1] | (128 if data[0] == 9 else 0), columns, 0]) + raw.to_bytes(2, "little") + data[3 + at + 4 :]
        (here / "coder" / f"{name}-{path.name.removeprefix(name + '-')}").write_bytes(seed)
