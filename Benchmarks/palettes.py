"""Palettes of 16 values beside scikit-learn's KMeans with 20 restarts: squared error and seconds on the same tensors, in one run.

The time of Bantam is that of the whole command, start and files included; that of KMeans is of its fit alone. Both use all cores.
Errors are of what comes back as float32, summed in float64. Usage:
python3 palettes.py BANTAM MODEL.safetensors [most elements of a matrix]   (palettes-requirements.txt)
"""
import os
import subprocess
import sys
import tempfile
import time

import ml_dtypes
import numpy as np
from safetensors.numpy import load_file, save_file
from sklearn.cluster import KMeans

VALUES, RESTARTS = 16, 20
bantam, model = map(os.path.abspath, sys.argv[1:3])
most = int(sys.argv[3]) if len(sys.argv) > 3 else 600_000
random = np.random.default_rng(1)
RECIPE = f"rules: [{{match: w, passes: [{{palettize: {VALUES}}}]}}]\ncoding: none\n"


def tensors():
    """Of each size one matrix of the model, and odd ones."""
    sizes = set()
    for name, values in load_file(model).items():
        if values.ndim == 2 and values.dtype == np.float32 and 1024 <= values.size <= most and values.size not in sizes:
            sizes.add(values.size)
            yield name, values
    normal = random.normal(size=(400, 500)).astype("f4")
    yield "heavy tails (Student's t, 2)", random.standard_t(2, size=(400, 500)).astype("f4")
    yield "heavier tails (Cauchy)", random.standard_cauchy(size=(200, 300)).astype("f4")
    yield "uniform", random.uniform(-1, 1, size=(400, 500)).astype("f4")
    yield "two scales", normal * np.where(random.random((400, 500)) < 0.01, 100, 1).astype("f4")
    yield "far from zero", (1000 + normal).astype("f4")
    yield "bfloat16 values", normal.astype(ml_dtypes.bfloat16).astype("f4")
    yield "float16 values", normal.astype("f2").astype("f4")
    yield "300 different values", random.choice(random.normal(size=300).astype("f4"), (300, 300))
    yield "12 different values", random.choice(random.normal(size=12).astype("f4"), (100, 100))
    yield "tiny", random.normal(size=(10, 30)).astype("f4")
    yield "half zeros", (normal * (np.abs(normal) > 0.6745)).astype("f4")


def error(values, back):
    return np.square(values.astype("f8") - back.astype("f8")).sum()


def ours(values):
    save_file({"w": np.ascontiguousarray(values)}, "in.safetensors")
    start = time.perf_counter()
    subprocess.run([bantam, "compress", "in.safetensors", "small.safetensors", "--recipe", "recipe.yaml", "--force", "-q"],
                   check=True, capture_output=True)
    seconds = time.perf_counter() - start
    subprocess.run([bantam, "decompress", "small.safetensors", "back.safetensors", "--force", "-q"], check=True,
                   capture_output=True)
    back = load_file("back.safetensors")["w"]
    assert len(np.unique(back)) <= VALUES
    return error(values, back), seconds


def theirs(values):
    column = values.reshape(-1, 1).astype("f8")
    count = min(VALUES, len(np.unique(values)))
    start = time.perf_counter()
    found = KMeans(count, n_init=RESTARTS, random_state=0).fit(column)
    seconds = time.perf_counter() - start
    centers = np.sort(found.cluster_centers_[:, 0]).astype("f4")
    middles = (centers[1:].astype("f8") + centers[:-1]) / 2
    return error(values, centers[np.searchsorted(middles, values)]), seconds


print(f"{'tensor':44} {'elements':>9} {'ours':>13} {'KMeans':>13} {'ratio':>9} {'ours':>8} {'KMeans':>8} {'times':>6}")
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    with open("recipe.yaml", "w") as file:
        file.write(RECIPE)
    ours(np.zeros((2, 2), "f4"))
    worst = 0
    for name, values in tensors():
        (mine, fast), (other, slow) = ours(values), theirs(values)
        ratio = mine / other if other > 0 else 1.0 if mine <= 1e-12 else np.inf
        worst = max(worst, ratio)
        print(f"{name[-44:]:44} {values.size:9} {mine:13.7g} {other:13.7g} {ratio:9.7f} {fast:7.3f}s {slow:7.2f}s "
              f"{slow / fast:6.1f}", flush=True)
    print(f"largest ratio of squared errors: {worst:.9f}")
