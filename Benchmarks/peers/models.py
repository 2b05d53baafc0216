"""The weights that coders are compared on: a model in every format, and one large made-up tensor."""
import json
import struct

import ml_dtypes
import numpy as np

FORMATS = {
    "f32": (np.float32, "F32"),
    "bf16": (ml_dtypes.bfloat16, "BF16"),
    "fp16": (np.float16, "F16"),
    "int8": (np.int8, "I8"),
    "fp8": (ml_dtypes.float8_e4m3fn, "F8_E4M3"),
}


def float_tensors(path):
    """The float32 tensors of a safetensors file, by name."""
    with open(path, "rb") as file:
        length = struct.unpack("<Q", file.read(8))[0]
        header = json.loads(file.read(length))
        data = file.read()
    return {
        name: np.frombuffer(data[slice(*entry["data_offsets"])], np.float32).reshape(entry["shape"])
        for name, entry in header.items()
        if name != "__metadata__" and entry["dtype"] == "F32"
    }


def narrowed(tensor, name):
    """A float32 tensor in a format; the 8-bit ones with a scale per row, which is not kept."""
    kind = FORMATS[name][0]
    if name in ("f32", "bf16", "fp16"):
        return tensor.astype(kind)
    limit = np.float32(127 if name == "int8" else 448)
    rows = tensor.reshape(tensor.shape[0], -1) if tensor.ndim > 1 else tensor.reshape(1, -1)
    scales = np.abs(rows).max(axis=1, keepdims=True) / limit
    scaled = np.clip(rows / np.where(scales > 0, scales, 1), -limit, limit)
    return (np.rint(scaled) if name == "int8" else scaled).astype(kind).reshape(tensor.shape)


def synthetic(mebibytes):
    """A bfloat16 matrix of normal numbers whose rows have scales of their own, log-normal ones."""
    random = np.random.default_rng(0)
    rows = mebibytes * 32
    result = np.empty((rows, 16384), ml_dtypes.bfloat16)
    for row in result:
        row[:] = random.standard_normal(16384, np.float32) * np.float32(0.02 * random.lognormal(0, 0.5))
    return result


def save(path, tensors, name):
    """Writes tensors of one format as a safetensors file."""
    header, end = {}, 0
    for key, tensor in tensors.items():
        offsets = [end, end + tensor.nbytes]
        header[key] = {"dtype": FORMATS[name][1], "shape": list(tensor.shape), "data_offsets": offsets}
        end += tensor.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(np.ascontiguousarray(tensor).view(np.uint8).data)
