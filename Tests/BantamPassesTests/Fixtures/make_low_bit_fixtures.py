"""Writes low_bits.json: what NumPy, SciPy and scikit-learn make of numbers that the tests make again.

    pip install -r requirements.txt && python3 make_low_bit_fixtures.py

The numbers come from SplitMix64, so that no array has to be kept: y = the sum of four 24-bit fractions - 2, and
x = y·|y|, in double, rounded to float32.
"""
import json
import os

import numpy as np
from scipy.stats import norm
from sklearn.cluster import KMeans

FOLDER = os.path.dirname(os.path.abspath(__file__))


def numbers(count, seed):
    with np.errstate(over="ignore"):
        state = np.uint64(seed) + np.arange(1, 4 * count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        word = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        word = word ^ (word >> np.uint64(31))
    y = (word >> np.uint64(40)).astype(np.float64).reshape(count, 4).sum(axis=1) / 2**24 - 2
    return (y * np.abs(y)).astype(np.float32)


def palettes():
    for count, values, seed in [(500, 2, 1), (2000, 4, 2), (2000, 16, 3), (20000, 16, 4), (4000, 64, 5), (147456, 16, 6)]:
        x = numbers(count, seed).astype(np.float64).reshape(-1, 1)
        error = KMeans(values, n_init=20, max_iter=1000, tol=0, random_state=0).fit(x).inertia_
        yield {"count": count, "values": values, "seed": seed, "error": float(error)}


def percentiles():
    for count, seed, share in [(100, 1, 99.0), (5000, 2, 99.9), (33, 3, 90.0), (9999, 4, 75.5)]:
        x = numbers(count, seed)
        yield {"count": count, "seed": seed, "share": share,
               "magnitude": float(np.percentile(np.abs(x), share, method="inverted_cdf"))}


def divergence_threshold(x, bits):
    """The histogram method of Migacz, bin by bin."""
    magnitudes, levels = np.abs(x).astype(np.float64), 1 << (bits - 1)
    bins = min(2048, 8 * levels)
    while bins < 2048 and bins < len(x):
        bins *= 2
    largest = magnitudes.max()
    counts = np.bincount(np.minimum(bins - 1, (magnitudes / largest * bins).astype(int)), minlength=bins).astype(float)
    found = []
    for end in range(bins, levels - 1, -max(1, (bins - levels) // 128)):
        p = counts[:end].copy()
        p[-1] += counts[end:].sum()
        q = np.full(end, 1e-4)
        for level in range(levels):
            run = slice(level * end // levels, (level + 1) * end // levels)
            used = counts[run] > 0
            if used.any():
                q[run][used] = counts[run].sum() / used.sum()
        p, q = p / p.sum(), q / q.sum()
        used = p > 0
        found.append((np.sum(p[used] * np.log(p[used] / q[used])), end))
    return largest * min(found)[1] / bins


def divergences():
    for count, seed, bits in [(400, 7, 4), (3000, 8, 4), (20000, 9, 8), (64, 10, 3)]:
        yield {"count": count, "seed": seed, "bits": bits, "threshold": float(divergence_threshold(numbers(count, seed), bits))}


def errors():
    """Squared errors of groups of 32: the best of a fine grid of float64 scales, and GGUF's Q4_0."""
    for seed, bits in [(11, 2), (12, 3), (13, 4), (14, 5)]:
        groups = numbers(64 * 32, seed).astype(np.float64).reshape(64, 32)
        low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
        best = np.full(64, np.inf)
        for factor in np.linspace(0.2, 1.4, 1201):
            for sign in (1, -1):
                scale = sign * factor * np.abs(groups).max(axis=1, keepdims=True) / -low
                codes = np.clip(np.rint(groups / scale), low, high)
                fitted = (groups * codes).sum(axis=1) / np.maximum((codes**2).sum(axis=1), 1e-30)
                best = np.minimum(best, ((groups - fitted[:, None] * codes) ** 2).sum(axis=1))
        # ggml's reference quantizer: d = the value of largest magnitude / -8, held as float16.
        extreme = np.take_along_axis(groups, np.abs(groups).argmax(axis=1)[:, None], axis=1)
        inverse = 1 / (extreme / -8)
        codes = np.minimum(15, np.floor(groups * inverse + 8.5)) - 8
        legacy = ((groups - codes * (extreme / -8).astype(np.float16).astype(np.float64)) ** 2).sum()
        yield {"seed": seed, "bits": bits, "best": float(best.sum()), "legacy": float(legacy)}


def normal_levels():
    offset = 0.9677083
    positive = norm.ppf(np.linspace(offset, 0.5, 9)[:-1])
    negative = -norm.ppf(np.linspace(offset, 0.5, 8)[:-1])
    levels = np.sort(np.concatenate([positive, [0.0], negative]))
    return [float(level) for level in levels / levels.max()]


with open(os.path.join(FOLDER, "low_bits.json"), "w") as file:
    json.dump({"palettes": list(palettes()), "percentiles": list(percentiles()), "divergences": list(divergences()),
               "errors": list(errors()), "normalLevels": normal_levels()}, file, indent=1)
    file.write("\n")
