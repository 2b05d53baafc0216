"""Writes expected.npz: what every golden file decodes to, by docs/reader.py and not by Bantam; checks what is in
several/ and coders/ against the models those files were made of.

On the way it checks that the safetensors package itself opens every file and sees the same arrays.
Usage: python3 make_expected.py   (packages: requirements.txt)
"""
import json
import pathlib
import sys

import numpy as np
from safetensors import safe_open

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parents[3] / "docs"))
import reader  # noqa: E402

expected = {}
for path in sorted(here.glob("*.safetensors")):
    with safe_open(path, "np") as file:
        assert file.metadata()["bantam.version"] == "1"
        for name in file.keys():
            assert file.get_slice(name).get_shape() is not None
            if "bfloat16" not in path.name and "float8" not in path.name:
                file.get_tensor(name)
    tensors = reader.read(path)
    assert list(tensors) == ["weight"], path
    assert tensors["weight"].shape == (12, 20), path
    expected[path.stem] = tensors["weight"].astype("<f4")

# Lossless or not, these encodings hold the same multiples of 1/8 exactly.
others = ("low-rank", "affine", "packed", "palettized", "float8", "rotated", "scales", "trellis")
for name, values in expected.items():
    if not any(other in name for other in others):
        assert np.array_equal(values, expected["kept-none"]), name

# Files of several tensors come back as what they were made of, bit for bit.
several = here / "several"
tuned, tied, noise, rows, large = (np.load(several / f"{name}.npz")
                                   for name in ("tuned", "tied", "noise", "rows", "large"))
base = reader.base_bytes(str(several / "base.npz"))
for name, source in (("predicted-none", tuned), ("predicted-zstd", tuned), ("shared-none", tied), ("shared-zstd", tied),
                     ("shared-plain", noise), ("repeated-rows", rows), ("large-dense", large)):
    path = several / f"{name}.safetensors"
    with safe_open(path, "np") as file:
        assert all(file.get_tensor(name) is not None for name in file.keys())
    tensors = reader.read(path, base)
    assert list(tensors) == list(source), path
    for key, values in tensors.items():
        if name == "shared-none" and values.ndim == 2:
            assert np.abs(values - source[key]).max() <= np.abs(source[key]).max() / 254, path
        else:
            assert values.dtype == source[key].dtype and values.tobytes() == source[key].tobytes(), (path, key)

# By every coder comes back the model that it was given.
coders = here / "coders"
data = (coders / "model.safetensors").read_bytes()
start = 8 + int.from_bytes(data[:8], "little")
items = json.loads(data[8:start])
model = {name: reader.typed(data[start:][slice(*item["data_offsets"])], reader.FLOATS[item["dtype"]])
         .reshape(item["shape"]) for name, item in items.items()}
for path in sorted(set(coders.glob("*.safetensors")) - {coders / "model.safetensors"}):
    tensors = reader.read(path)
    assert list(tensors) == list(model), path
    for name, values in tensors.items():
        assert values.shape == model[name].shape and values.tobytes() == model[name].tobytes(), (path, name)
np.savez(here / "expected.npz", **expected)
print(len(expected), "files")
