"""Measures prediction from a base: a model changed in several ways, compressed with and without --base, and back.

The table of docs/base.md. Usage: python3 base.py BANTAM MODEL.safetensors   (numpy, ml_dtypes, safetensors)
"""
import filecmp
import os
import subprocess
import sys
import tempfile

import ml_dtypes
import numpy as np
from safetensors.numpy import load_file, save_file

bantam, model = map(os.path.abspath, sys.argv[1:])
random = np.random.default_rng(1)
base = load_file(model)
floats = [name for name, values in base.items() if values.dtype == np.float32]


def rounded(tensors):
    return {name: values.astype(ml_dtypes.bfloat16) if name in floats else values for name, values in tensors.items()}


def moved(values):
    """Every pattern moved by a normally distributed number of steps."""
    word = np.uint32 if values.dtype == np.float32 else np.uint16
    return (values.view(word) + np.rint(random.normal(0, 2, values.shape)).astype(np.int64).astype(word)).view(values.dtype)


def size(path, *arguments):
    subprocess.run([bantam, "compress", path, "small.safetensors", "--force", "-q", *arguments],
                   check=True, capture_output=True)
    return os.path.getsize("small.safetensors")


def measure(what, tuned, base, dtype):
    save_file(base, "base.safetensors")
    save_file(tuned, "tuned.safetensors")
    without, predicted = size("tuned.safetensors"), size("tuned.safetensors", "--base", "base.safetensors")
    subprocess.run([bantam, "decompress", "small.safetensors", "back.safetensors", "--base", "base.safetensors",
                    "--force", "-q"], check=True, capture_output=True)
    assert filecmp.cmp("back.safetensors", "tuned.safetensors", shallow=False)
    original, elements = os.path.getsize("tuned.safetensors"), sum(values.size for values in tuned.values())
    print(f"{what:28} {dtype}  {without / 1e6:7.2f} MB ({8 * without / elements:5.2f} bpw)  "
          f"{predicted / 1e6:7.3f} MB ({8 * predicted / elements:5.2f} bpw, {100 * predicted / original:.2f} %)")


noisy = {name: (values + random.normal(0, 1e-3 * values.std(), values.shape)).astype("f4") if name in floats else values
         for name, values in base.items()}
one = sorted((name for name in floats if base[name].ndim == 2), key=lambda name: (base[name].size, name))
one = next(name for name in one if base[name].size >= 0.005 * sum(values.size for values in base.values()))
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    measure("nothing changed", base, base, "float32")
    measure("one tensor changed", {
        **base, one: (base[one] + random.normal(0, 0.01, base[one].shape)).astype("f4")}, base, "float32")
    for dtype, before in (("float32", base), ("bfloat16", rounded(base))):
        measure("patterns moved by N(0, 2)", {
            name: moved(values) if name in floats else values for name, values in before.items()}, before, dtype)
    measure("noise of 1/1000", noisy, base, "float32")
    measure("noise of 1/1000", rounded(noisy), rounded(base), "bfloat16")
