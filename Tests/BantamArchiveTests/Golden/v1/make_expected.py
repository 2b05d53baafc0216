"""Writes expected.npz: what every golden file decodes to, by docs/reader.py and not by Bantam.

On the way it checks that the safetensors package itself opens every file and sees the same arrays.
Usage: python3 make_expected.py   (packages: requirements.txt)
"""
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
            if "bfloat16" not in path.name:
                file.get_tensor(name)
    tensors = reader.read(path)
    assert list(tensors) == ["weight"], path
    assert tensors["weight"].shape == (12, 20), path
    expected[path.stem] = tensors["weight"].astype("<f4")

# Lossless or not, these encodings hold the same multiples of 1/8 exactly.
for name, values in expected.items():
    if "low-rank" not in name and "affine" not in name:
        assert np.array_equal(values, expected["kept-none"]), name
np.savez(here / "expected.npz", **expected)
print(len(expected), "files")
