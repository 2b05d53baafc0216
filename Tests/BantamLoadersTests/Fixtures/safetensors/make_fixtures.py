"""Writes the safetensors fixtures of this folder with the reference implementation.

Every array is filled with the bytes (7 * i + its number) mod 251, so that a test knows them without a second
file. Run in an environment with requirements.txt installed: python make_fixtures.py
"""

import json
import pathlib

import ml_dtypes
import numpy as np
from safetensors import TensorSpec, serialize

HERE = pathlib.Path(__file__).parent

# The reference's name of each type it can write, and the bytes of an element.
DTYPES = [
    ("bool", 1), ("int8", 1), ("uint8", 1), ("int16", 2), ("uint16", 2), ("int32", 4), ("uint32", 4),
    ("int64", 8), ("uint64", 8), ("float16", 2), ("bfloat16", 2), ("float32", 4), ("float64", 8),
    ("complex64", 8), ("float8_e4m3fn", 1), ("float8_e4m3fnuz", 1), ("float8_e5m2", 1),
    ("float8_e5m2fnuz", 1), ("float8_e8m0fnu", 1),
]


def pattern(count, number):
    return ((7 * np.arange(count) + number) % 251).astype(np.uint8)


def write(name, tensors, metadata=None):
    """tensors: name -> (dtype, shape, bytes as uint8)"""
    specs = {
        key: TensorSpec(dtype=dtype, shape=list(shape), data_ptr=data.ctypes.data, data_len=data.nbytes)
        for key, (dtype, shape, data) in tensors.items()
    }
    (HERE / name).write_bytes(bytes(serialize(specs, metadata=metadata)))


write("all_dtypes.safetensors", {
    f"t.{name}": (name, (3, 5), pattern(15 * size, number)) for number, (name, size) in enumerate(DTYPES)
})
# Packed pairs of 4-bit floats: the reference counts the pairs in shapes that it is given, and elements in files.
write("float4.safetensors", {
    "blocks": ("float4_e2m1fn_x2", (2, 8), pattern(16, 0)), "scales": ("float8_e8m0fnu", (2,), pattern(2, 1)),
})
write("shapes.safetensors", {
    "scalar": ("float32", (), pattern(4, 0)),
    "empty": ("float32", (0,), pattern(0, 1)),
    "empty.wide": ("int64", (3, 0, 1 << 40), pattern(0, 2)),
    "vector": ("int16", (7,), pattern(14, 3)),
    "deep": ("uint8", (1, 2, 1, 3, 1, 2), pattern(12, 4)),
}, {"format": "pt"})
write("names.safetensors", {
    key: ("uint8", (2,), pattern(2, number)) for number, key in enumerate([
        "", " ", "a\"b\\c/d", "tab\there", "line\nbreak", "\x01\x1f\x7f", "\u00fcml\u00e4ut", "\u6f22\u5b57",
        "\U0001f600", "a.b.c", "B", "Z", "a", "\ufb01",
    ])
}, {"k\u00e9y\n": "v\u00e4lue \"quoted\" \\ \U0001f600"})
write("nothing.safetensors", {})

# Values that mean something, written from arrays: what the element types hold.
values = np.array([0.0, -0.0, 1.0, -1.5, 2.75, 100.0, 3.140625, -0.0078125])
arrays = {
    "float64": values, "float32": values.astype(np.float32), "float16": values.astype(np.float16),
    "bfloat16": values.astype(ml_dtypes.bfloat16), "float8_e4m3fn": values.astype(ml_dtypes.float8_e4m3fn),
    "float8_e5m2": values.astype(ml_dtypes.float8_e5m2),
}
write("values.safetensors", {
    name: (name, array.shape, array.view(np.uint8)) for name, array in arrays.items()
})
(HERE / "values.json").write_text(json.dumps(
    {name: array.astype(np.float64).tolist() for name, array in arrays.items()}, indent=1) + "\n")
