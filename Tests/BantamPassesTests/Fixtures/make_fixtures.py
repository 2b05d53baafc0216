"""Writes quantize.json and quantize.bin: what NumPy makes of a few arrays by the formulas of the format.

    pip install -r requirements.txt && python3 make_fixtures.py

The arithmetic is float32 throughout; np.rint rounds ties to even.
"""
import json
import os

import numpy as np

FOLDER = os.path.dirname(os.path.abspath(__file__))
random = np.random.default_rng(2024)


def tensors():
    normal = random.standard_normal((5, 37)).astype(np.float32)
    normal[3] = 0
    normal[4] = np.abs(normal[4])
    yield "normal", normal
    yield "convolution", (random.standard_normal((2, 3, 3, 3)) * 0.01).astype(np.float32)
    yield "vector", random.uniform(-3, 5, 65).astype(np.float32)
    # Quotients that fall on ties: multiples of half a step.
    ties = (np.arange(-150, 150, dtype=np.float32) / 2).reshape(3, 100)
    ties[:, 0] = 127
    yield "ties", ties
    yield "negative", -random.gamma(1, 1, (4, 33)).astype(np.float32)


def runs(shape, granularity):
    """(rows, columns, length of a run, shape of the scales)"""
    count = int(np.prod(shape))
    if granularity == "tensor":
        return 1, count, count, []
    if granularity == "channel":
        return shape[0], count // shape[0], count // shape[0], [shape[0]]
    length = int(granularity.split(":")[1])
    rows, columns = (shape[0], count // shape[0]) if len(shape) >= 2 else (1, count)
    return rows, columns, length, [rows, -(-columns // length)]


def quantize(run, bits, scheme):
    dtype = np.int8 if bits == 8 else np.int16
    low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    if scheme == "symmetric":
        scale = np.abs(run).max() / np.float32(high)
        codes = np.rint(run / scale) if scale > 0 else np.zeros_like(run)
        return codes.astype(dtype), scale, 0
    bottom, top = min(run.min(), np.float32(0)), max(run.max(), np.float32(0))
    scale = (top - bottom) / np.float32(high - low)
    if scale == 0:
        return np.zeros(run.shape, dtype), scale, 0
    zero_point = low - int(np.rint(bottom / scale))
    codes = np.clip(np.rint(run / scale) + np.float32(zero_point), low, high)
    return codes.astype(dtype), scale, zero_point


blob = bytearray()


def put(array):
    offset = len(blob)
    blob.extend(array.tobytes())
    return offset


cases = []
for name, tensor in tensors():
    offset = put(tensor)
    for bits in (8, 16):
        dtype = np.int8 if bits == 8 else np.int16
        for scheme in ("symmetric", "affine"):
            for granularity in ("tensor", "channel", "group:32", "group:7"):
                if granularity == "channel" and tensor.ndim < 2:
                    continue
                rows, columns, length, scale_shape = runs(tensor.shape, granularity)
                codes, decoded = np.zeros((rows, columns), dtype), np.zeros((rows, columns), np.float32)
                scales, zero_points = [], []
                for row, values in enumerate(tensor.reshape(rows, columns)):
                    for start in range(0, columns, length):
                        part = slice(start, start + length)
                        code, scale, zero_point = quantize(values[part], bits, scheme)
                        assert scale.dtype == np.float32
                        codes[row, part] = code
                        decoded[row, part] = (code.astype(np.int32) - zero_point).astype(np.float32) * scale
                        scales.append(scale)
                        zero_points.append(zero_point)
                cases.append({
                    "name": name, "shape": list(tensor.shape), "bits": bits, "scheme": scheme,
                    "granularity": granularity, "tensor": offset, "codes": put(codes),
                    "scaleShape": scale_shape, "scales": put(np.array(scales, np.float32)),
                    "zeroPoints": put(np.array(zero_points, dtype)), "decoded": put(decoded),
                })

with open(os.path.join(FOLDER, "quantize.json"), "w") as file:
    file.write("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")
with open(os.path.join(FOLDER, "quantize.bin"), "wb") as file:
    file.write(blob)
