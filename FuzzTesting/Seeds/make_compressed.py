"""Compresses a tiny model in ways that no golden file shows, and takes the trellis-coded tensors out of what came of it:
seeds for the targets compressed and trellis.

Usage: python3 make_compressed.py BANTAM

An input of trellis is a byte with the rank in its low two bits, two bytes each for the first axis, the second, and the
bytes of the tables, and then tables and indices."""

import json
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).parent
golden = here / "../../Tests/BantamArchiveTests/Golden/v1"

RULES = {
    "nf4": ["quantize: {bits: nf4, granularity: group:16}"],
    "nf4-scales": ["quantize: {bits: nf4, granularity: group:5, scales: int8}"],
    "fp8": ["quantize: {bits: e4m3, scales: float16}"],
    "e5m2": ["quantize: {bits: e5m2, granularity: tensor}"],
    "bits2": ["quantize: {bits: 2, range: mse, granularity: group:7, scales: int8, rotate: hadamard, seed: 9}"],
    "bits3-affine": ["quantize: {bits: 3, scheme: affine, granularity: group:8, scales: float16}"],
    "bits4-rotated": ["quantize: {bits: 4, rotate: hadamard, granularity: channel}"],
    "bits5-sparse": ["prune: 0.7", "quantize: {bits: 5}", "sparse: relative"],
    "bits6-csr": ["prune: 0.7", "quantize: {bits: 6, scales: float16}", "sparse: csr"],
    "bits7-low-rank": ["low-rank: {rank: 3}", "quantize: {bits: 7, rotate: hadamard}"],
    "palette-low-rank": ["low-rank: {rank: 2}", "palettize: 8"],
    "palette-rows": ["palettize: {values: 5, scope: rows:3, codebook: float16}"],
    "palette-shared": ["palettize: {values: 16, scope: shared}"],
    "palette-bitmask": ["prune: 0.8", "palettize: 7", "sparse: bitmask"],
    "round": ["round: 0.02"],
    "trellis8": ["quantize: {step: 0.05, states: 8}"],
    "trellis64": ["quantize: {step: 0.01}"],
    "trellis256-pruned": ["prune: 0.6", "quantize: {sqnr: 12, states: 256}"],
    "trellis-fine": ["quantize: {step: 0.001, states: 8}"],
}


def model(path):
    """Writes a safetensors file: float32 and bfloat16 matrices, a kernel, a vector, two tensors that are equal."""
    numbers = random.Random(1)

    def values(rows, columns, scale=0.1):
        means = [numbers.gauss(0, scale * 3) for _ in range(columns)]
        return [means[c] + numbers.gauss(0, scale) * (1 + 9 * (r % 7 == 0)) for r in range(rows) for c in range(columns)]

    def single(numbers):
        return struct.pack(f"<{len(numbers)}f", *numbers)

    def brain(numbers):
        return b"".join(single([n])[2:] for n in numbers)

    first = single(values(24, 40))
    parts = {
        "a": ("F32", [24, 40], first),
        "again": ("F32", [24, 40], first),
        "kernel": ("F32", [8, 2, 3, 3], single(values(8, 18))),
        "vector": ("F32", [40], single(values(1, 40, 1))),
        "half": ("BF16", [12, 20], brain(values(12, 20, 0.02))),
    }
    header, data = {}, b""
    for name, (dtype, shape, content) in parts.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def run(*arguments):
    subprocess.run([sys.argv[1], *map(str, arguments), "--quiet", "--force"], check=True, stdout=subprocess.DEVNULL)


def arrays(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    encodings = json.loads(header.pop("__metadata__")["bantam.encodings"])
    return encodings, {
        name: data[8 + length + entry["data_offsets"][0] : 8 + length + entry["data_offsets"][1]]
        for name, entry in header.items()
    }


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    plain, base, recipe = folder / "model.safetensors", folder / "base.safetensors", folder / "recipe.yaml"
    model(plain)
    for name, passes in RULES.items():
        rule = "\n".join(f"      - {line}" for line in passes)
        for coding in ["auto"] if name.startswith("trellis") else ["none", "auto"]:
            # A vector has no matrix form, which low-rank and csr need.
            match = "[!v]*" if "low-rank" in name or "csr" in name else "*"
            recipe.write_text(
                f'rules:\n  - match: "{match}"\n    passes:\n{rule}\n  - otherwise: keep\ncoding: {coding}\n')
            run("compress", plain, here / "compressed" / f"{name}-{coding}.safetensors", "--recipe", recipe)
    # A base of which one tensor is the same, one nearly, and the others nothing alike.
    data = bytearray(plain.read_bytes())
    (length,) = struct.unpack("<Q", data[:8])
    for place in range(8 + length, 8 + length + 24 * 40 * 4, 52):
        data[place] ^= 3
    for place in range(8 + length + 2 * 24 * 40 * 4, len(data)):
        data[place] = (data[place] * 7 + 3) & 0x3F
    base.write_bytes(data)
    for coding in ["none", "auto"]:
        recipe.write_text(
            'rules:\n  - match: "*"\n    passes:\n      - quantize: {bits: 4, granularity: group:8}\n'
            f"coding: {coding}\n")
        run("compress", plain, here / "compressed" / f"base-{coding}.safetensors", "--recipe", recipe, "--base", base)

for path in sorted([*(here / "compressed").iterdir(), *golden.glob("trellis-*.safetensors")]):
    encodings, found = arrays(path)
    for name, encoding in encodings.items():
        if "indices" in encoding:
            shape = encoding["shape"]
            rank, axes = min(2, len(shape)), [*shape, 1, 1]
            columns = axes[1]
            for axis in shape[2:]:
                columns *= axis
            tables, indices = found[encoding["tables"]], found[encoding["indices"]]
            seed = struct.pack("<BHHH", rank, axes[0], columns, len(tables)) + tables + indices
            (here / "trellis" / f"{path.stem}-{name}").write_bytes(seed)
