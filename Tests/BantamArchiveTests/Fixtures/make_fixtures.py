"""Writes dequantized.safetensors: weights that NumPy quantized and wrote out as floats again, and others that only nearly
are such.

    pip install -r requirements.txt && python3 make_fixtures.py

The names say what they are: `int8-row-bfloat16` has codes of 8 bits, a scale for each row, and products rounded to bfloat16;
`not-` stands before tensors that codes and scales cannot give back.
"""
import json
import os

import ml_dtypes
import numpy as np

FOLDER = os.path.dirname(os.path.abspath(__file__))
random = np.random.default_rng(20)
DTYPES = {"float32": ("F32", np.float32), "bfloat16": ("BF16", ml_dtypes.bfloat16), "float16": ("F16", np.float16)}
ROWS, COLUMNS = 8, 192


def weights(rows=ROWS, columns=COLUMNS):
    return (random.standard_normal((rows, columns)) * random.uniform(0.02, 0.1, (rows, 1))).astype(np.float32)


def codes_and_scales(runs, kind):
    """The codes of runs and their scales, as common quantizers find them."""
    if kind in ("int8", "int4"):
        top = np.float32(127 if kind == "int8" else 7)
        scales = np.abs(runs).max(1, keepdims=True) / top
        return np.rint(runs / scales).astype(np.int32), scales
    top = 255 if kind == "uint8" else 15
    low, high = np.minimum(runs.min(1, keepdims=True), 0), np.maximum(runs.max(1, keepdims=True), 0)
    scales = (high - low) / np.float32(top)
    zeros = np.rint(-low / scales).astype(np.int32)
    return np.clip(np.rint(runs / scales).astype(np.int32) + zeros, 0, top) - zeros, scales


def dequantized(values, kind, length):
    codes, scales = codes_and_scales(values.reshape(-1, length), kind)
    assert scales.dtype == np.float32
    return (codes.astype(np.float32) * scales).reshape(values.shape)


tensors = {}
RUNS = {"tensor": ROWS * COLUMNS, "row": COLUMNS, "group64": 64, "group32": 32}
for name, (_, dtype) in DTYPES.items():
    for run, length in RUNS.items():
        tensors[f"int8-{run}-{name}"] = dequantized(weights(), "int8", length).astype(dtype)
        tensors[f"int4-{run}-{name}"] = dequantized(weights(), "int4", length).astype(dtype)
    tensors[f"uint4-row-{name}"] = dequantized(weights(), "uint4", COLUMNS).astype(dtype)
    tensors[f"int4-group128-{name}"] = dequantized(weights(4, 384), "int4", 128).astype(dtype)
    vector = dequantized(weights(1, 1000), "int8", 1000).astype(dtype)
    tensors[f"int8-vector-{name}"] = vector.reshape(-1)
    tensors[f"int8-kernel-{name}"] = dequantized(weights(), "int8", COLUMNS).astype(dtype).reshape(ROWS, 8, 6, 4)
    # All but one element is what codes give.
    for fault, value in [("nan", np.nan), ("infinity", np.inf)]:
        tensors[f"not-{fault}-{name}"] = dequantized(weights(), "int8", COLUMNS).astype(dtype)
        tensors[f"not-{fault}-{name}"][5, 100] = value
    # Rounded as floats, so small negative ones became −0.
    for bits in 8, 4:
        values = weights()
        scales = np.abs(values).max(1, keepdims=True) / np.float32(2 ** (bits - 1) - 1)
        fake = np.rint(values / scales) * scales
        assert (np.signbit(fake) & (fake == 0)).any()
        tensors[f"fake{bits}-row-{name}"] = fake.astype(dtype)
    tensors[f"not-normal-{name}"] = weights().astype(dtype)
# Zero points: of the lower types a byte says as much as the values.
tensors["uint8-row-float32"] = dequantized(weights() + np.float32(0.05), "uint8", COLUMNS)
tensors["uint8-tensor-float16"] = dequantized(weights() + np.float32(0.05), "uint8", ROWS * COLUMNS).astype(np.float16)
# One last bit.
tensors["not-next-float32"] = dequantized(weights(), "int8", COLUMNS)
tensors["not-next-float32"][7, 3] = np.nextafter(tensors["not-next-float32"][7, 3], np.float32(1))
# Scales in double: the products are rounded once, not twice.
values = weights()
scales = np.abs(values).max(1, keepdims=True).astype(np.float64) / 127
tensors["not-double-float32"] = (np.rint(values / scales) * scales).astype(np.float32)
zeros = dequantized(weights(), "int8", COLUMNS)
zeros[3:7] = 0
tensors["int8-row-zeros-float32"] = zeros

header, data = {}, b""
for name, values in tensors.items():
    dtype = next(text for text, kind in DTYPES.values() if kind == values.dtype)
    header[name] = {"dtype": dtype, "shape": values.shape, "data_offsets": [len(data), len(data) + values.nbytes]}
    data += values.tobytes()
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
with open(os.path.join(FOLDER, "dequantized.safetensors"), "wb") as file:
    file.write(len(text).to_bytes(8, "little") + text + data)
