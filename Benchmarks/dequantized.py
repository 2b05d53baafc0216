"""Measures floats that were quantized once: the table of docs/base.md, "Floats that were quantized once".

The matrices of a float32 model are quantized and written out as floats again.
Usage: python3 dequantized.py BANTAM MODEL.safetensors [OTHER_BANTAM]   (packages: ml_dtypes, numpy)
"""
import json
import os
import subprocess
import sys
import tempfile

import ml_dtypes
import numpy as np

tools = [os.path.abspath(sys.argv[1])] + [os.path.abspath(tool) for tool in sys.argv[3:]]
with open(sys.argv[2], "rb") as file:
    data = file.read()
start = 8 + int.from_bytes(data[:8], "little")
items = {name: item for name, item in json.loads(data[8:start]).items() if item.get("dtype") == "F32"}
model = {name: np.frombuffer(data[start:][slice(*item["data_offsets"])], "<f4").reshape(item["shape"])
         for name, item in items.items()}
os.chdir(tempfile.mkdtemp())


def dequantized(values, length, bits, with_zero_points):
    if values.ndim < 2:
        return values
    columns = values.size // len(values)
    length = {"tensor": values.size, "row": columns}.get(length, length)
    if values.size % length or length < values.size and columns % length:
        return values
    runs = values.reshape(-1, length)
    if with_zero_points:
        low, high = np.minimum(runs.min(1, keepdims=True), 0), np.maximum(runs.max(1, keepdims=True), 0)
        scales = ((high - low) / np.float32(2**bits - 1)).astype("f4")
        scales[scales == 0] = 1
        zeros = np.rint(-low / scales)
        codes = np.clip(np.rint(runs / scales) + zeros, 0, 2**bits - 1).astype("i4") - zeros.astype("i4")
    else:
        scales = (np.abs(runs).max(1, keepdims=True) / np.float32(2**(bits - 1) - 1)).astype("f4")
        scales[scales == 0] = 1
        codes = np.rint(runs / scales).astype("i4")
    return (codes.astype("f4") * scales).reshape(values.shape)


def ratio(tool, tensors, dtype):
    header, end = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": dtype, "shape": values.shape, "data_offsets": [end, end + values.nbytes]}
        end += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open("model.safetensors", "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for values in tensors.values():
            file.write(values.tobytes())
    command = [tool, "compress", "-q", "--force", "model.safetensors", "small.safetensors", "--coding", "fast"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return os.path.getsize("small.safetensors") / os.path.getsize("model.safetensors")


for bits, with_zero_points, length in [(8, False, "tensor"), (8, False, "row"), (8, False, 128), (8, False, 32),
                                       (8, True, "row"), (8, True, 32), (4, False, "row"), (4, False, 32), (4, True, 128)]:
    wide = {name: dequantized(values, length, bits, with_zero_points) for name, values in model.items()}
    row = []
    for dtype, kind in [("F32", np.float32), ("BF16", ml_dtypes.bfloat16), ("F16", np.float16)]:
        tensors = {name: values.astype(kind) for name, values in wide.items()}
        row.append(" → ".join(f"{ratio(tool, tensors, dtype):.4f}" for tool in reversed(tools)))
    print(f"{'u' if with_zero_points else ''}int{bits}", length, *row, sep=" | ", flush=True)
