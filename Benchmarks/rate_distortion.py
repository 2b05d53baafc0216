"""Compresses a model to several signal-to-noise ratios and measures what comes back, beside what other tools need.

Whole files on disk, everything counted; SQNR over the matrices of the decompressed file. Peers: NNCodec (ISO/IEC
15938-17) and the Q8_0, Q5_0 and Q4_0 types of GGUF. "weights/s" is of the whole command: start, files, search and all.
Usage: python3 rate_distortion.py BANTAM MODEL.safetensors [arguments of compress]   (numpy, safetensors)
"""
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
from safetensors.numpy import load_file

bantam, model = map(os.path.abspath, sys.argv[1:3])
arguments = sys.argv[3:]
targets = [(45.2, "Q8_0 8.5", 7.46), (41.4, "NNCodec 6.99", 6.83), (29.5, "NNCodec 4.94", 4.83),
           (27.2, "Q5_0 5.5", 4.45), (23.6, "NNCodec 3.96", 3.86), (21.1, "Q4_0 4.5", 3.44),
           (17.9, "NNCodec 3.05", 2.92), (12.6, "NNCodec 2.20", 2.06), (9.0, "", 1.47)]
original = load_file(model)
matrices = [name for name, values in original.items() if values.ndim >= 2 and values.dtype.kind == "f"]
weights = sum(values.size for values in original.values())
energy = sum(np.square(original[name], dtype="f8").sum() for name in matrices)


def run(*command):
    start = time.perf_counter()
    subprocess.run([bantam, *command, "--force", "-q"], check=True, capture_output=True)
    return weights / (time.perf_counter() - start) / 1e6


def row(goal, found, peer, target, size, encode, replay, decode):
    print(f"{goal:>6} {found:>7}  {peer:13} {target:>7} {size:>7}  {encode:>7} {replay:>7} {decode:>7}")


row("dB", "found", "peer bpw", "target", "bpw", "search", "encode", "decode")
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    for sqnr, peer, target in targets:
        search = run("compress", model, "small.safetensors", "--sqnr", str(sqnr), "--save-recipe", "recipe.yaml",
                     *arguments)
        encode = run("compress", model, "small.safetensors", "--recipe", "recipe.yaml")
        decode = run("decompress", "small.safetensors", "back.safetensors")
        back = load_file("back.safetensors")
        error = sum(np.square(original[name].astype("f8") - back[name]).sum() for name in matrices)
        bpw = 8 * os.path.getsize("small.safetensors") / weights
        row(f"{sqnr}", f"{10 * np.log10(energy / error):.2f}", peer, f"{target:.2f}", f"{bpw:.3f}",
            f"{search:.1f} M", f"{encode:.1f} M", f"{decode:.1f} M")
print("search, encode (with the step known), decode: million weights a second")
