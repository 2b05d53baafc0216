"""Writes model.safetensors, small tensors of every kind that a coder tells apart.

The golden files beside it were made of it, for each coder, by the command:
    bantam compress model.safetensors CODER.safetensors --coding CODER
(max.safetensors when max had its first form only, max-second-form.safetensors
and max-third-form.safetensors when it had more)
Usage: python3 make_model.py   (packages: ../requirements.txt)
"""
import json
import pathlib

import numpy as np

random = np.random.default_rng(7)


def weights(rows, columns):
    """Rows and columns of different scales, as in a trained matrix."""
    scales = np.exp(random.normal(0, 0.5, (rows, 1)) + random.normal(0, 0.3, (1, columns)))
    return (random.normal(0, 0.05, (rows, columns)) * scales).astype("<f4")


def bfloat16(values):
    return (values.view("<u4") >> 16).astype("<u2")


pruned = weights(30, 40)
pruned[random.random(pruned.shape) < 0.9] = 0
once_half = weights(32, 64).astype("<f2").astype("<f4")
codes = np.round(weights(60, 80) * 300).clip(-127, 127).astype("i1")
steps = np.cumsum(random.geometric(0.1, 600)).astype("<u4")
tensors = [
    ("bfloat16.wide", "BF16", bfloat16(weights(130, 128))), ("bfloat16.narrow", "BF16", bfloat16(weights(20, 33))),
    ("float16", "F16", weights(40, 48).astype("<f2")), ("float32", "F32", weights(32, 64)),
    ("float32.once_half", "F32", once_half), ("float32.pruned", "F32", pruned),
    ("float64", "F64", weights(10, 20).astype("<f8")), ("int8", "I8", codes),
    ("int16", "I16", (codes[:20].astype("<i2") * 9)), ("uint32.rising", "U32", steps),
    ("uint8.mask", "U8", np.packbits(random.random((60, 80)) < 0.1)), ("uint8.constant", "U8", np.full(3000, 7, "u1")),
    ("float8", "F8_E4M3", (codes.view("u1") & 0xBF)), ("bool", "BOOL", random.random((40, 50)) < 0.02),
    ("noise", "I64", random.integers(-2**63, 2**63 - 1, 50)), ("empty", "F32", np.zeros((0, 4), "<f4")),
]
header, data = {}, b""
for name, dtype, values in tensors:
    header[name] = {"dtype": dtype, "shape": values.shape, "data_offsets": [len(data), len(data) + values.nbytes]}
    data += values.tobytes()
text = json.dumps(header, separators=(",", ":")).encode()
path = pathlib.Path(__file__).resolve().parent / "model.safetensors"
path.write_bytes(len(text).to_bytes(8, "little") + text + data)
