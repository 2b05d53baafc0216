"""Measures what equal rows of a matrix cost: the table of docs/base.md, "Equal rows".

Rows of a model's token embeddings are replaced by copies of one; beside it the same matrix with the copies left out, which
is the least that could be stored.
Usage: python3 equal_rows.py BANTAM MODEL.safetensors   (packages: numpy)
"""
import json
import os
import subprocess
import sys
import tempfile

import numpy as np

bantam, model = map(os.path.abspath, sys.argv[1:])
with open(model, "rb") as file:
    data = file.read()
start = 8 + int.from_bytes(data[:8], "little")
items = json.loads(data[8:start])
item = next(items[name] for name in items if "word_embeddings" in name)
embeddings = np.frombuffer(data[start:][slice(*item["data_offsets"])], "<f4").reshape(item["shape"])
os.chdir(tempfile.mkdtemp())


def bfloat16(values):
    """To nearest, ties to even."""
    bits = values.view("<u4").astype("u8")
    return (bits + 0x7fff + (bits >> 16 & 1) >> 16).astype("<u2")


def size(values, coding):
    header = {"w": {"dtype": "F32" if values.itemsize == 4 else "BF16", "shape": values.shape,
                    "data_offsets": [0, values.nbytes]}}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open("rows.safetensors", "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + values.tobytes())
    subprocess.run([bantam, "compress", "-q", "--force", "rows.safetensors", "small.safetensors", "--coding", coding],
                   check=True, stdout=subprocess.DEVNULL)
    return os.path.getsize("small.safetensors")


random, rows = np.random.default_rng(1), len(embeddings)
for share in (0.005, 0.01, 0.1):
    count = round(rows * share)
    for where in {0.005: ("last",), 0.01: ("anywhere",), 0.1: ("last", "anywhere")}[share]:
        copies = np.arange(rows - count, rows) if where == "last" else random.choice(rows, count, replace=False)
        unique = np.ones(rows, bool)
        unique[copies[1:]] = False
        for dtype, values in (("float32", embeddings.copy()), ("bfloat16", bfloat16(embeddings))):
            values[copies] = values[copies[0]]
            for coding in ("auto", "max", "zstd") if dtype == "bfloat16" else ("auto",):
                stored, once = size(values, coding), size(values[unique], coding)
                print(f"{share:.1%} {where} {dtype} {coding}: {stored / 1e6:.3f} MB, {once / 1e6:.3f} MB without the copies, "
                      f"{stored - once:+,} B for them", flush=True)
