"""Writes base.npz and tuned.npz, a model before and after fine-tuning, in which tensors changed in every way.

The golden files predicted-*.safetensors were made of them by the command:
    bantam compress tuned.npz predicted-none.safetensors --base base.npz --coding none
    bantam compress tuned.npz predicted-zstd.safetensors --base base.npz --coding zstd:19
and shared-*.safetensors of tied.npz, in which tensors are equal:
    bantam compress tied.npz shared-none.safetensors --coding none --quantize 8
    bantam compress tied.npz shared-zstd.safetensors --coding zstd:19
and shared-plain.safetensors of noise.npz, in which tensors are equal that no coder makes smaller:
    bantam compress noise.npz shared-plain.safetensors --coding zstd:19
and repeated-rows.safetensors of rows.npz, in which rows are equal, by GoldenTests, which quantizes codes and small.
Usage: python3 make_models.py   (packages: ../requirements.txt)
"""
import pathlib

import numpy as np

here = pathlib.Path(__file__).resolve().parent
random = np.random.default_rng(20)


def moved(values, word):
    """Every pattern a little larger or smaller."""
    return (values.view(word) + random.integers(-2, 3, values.shape).astype(word)).view(values.dtype)


def flipped(values, word, bit):
    """One bit of every other pattern another."""
    return (values.view(word) ^ (random.integers(0, 2, values.shape).astype(word) << word(bit))).view(values.dtype)


single = random.normal(0, 0.1, (12, 20)).astype("<f4")
half = random.normal(0, 0.1, (16, 24)).astype("<f2")
steps = np.arange(40, dtype="<i8").reshape(4, 10) * 1000
np.savez(here / "base.npz", moved=single, flipped=half, steps=steps, unchanged=half[:3], unrelated=single)
np.savez(here / "tuned.npz", moved=moved(single, np.uint32), flipped=flipped(half, np.uint16, 9),
         steps=moved(steps, np.uint64), unchanged=half[:3], unrelated=np.ones((12, 20), "<f4"), new=single)

matrix = (random.normal(0, 20, (32, 32)).round() / 64).astype("<f4")
np.savez(here / "tied.npz", embedding=matrix, bias=matrix[0], head=matrix, gain=matrix[0])

noise = random.integers(-2**63, 2**63 - 1, (16, 12))
np.savez(here / "noise.npz", embedding=noise, few=noise[0, :5], head=noise, turned=noise.reshape(12, 16),
         words=noise.view("<u8"), again=noise[0, :5])

# Rows 20 to 29 are copies of earlier ones, in any order; the last ten are padding.
first = np.minimum(np.arange(40), 30)
first[20:30] = random.integers(0, 20, 10)
values = random.normal(0, 0.1, (40, 32))
np.savez(here / "rows.npz", embedding=values[first].astype("<f4"),
         kernel=random.normal(0, 0.1, (40, 3, 16)).astype("<f2")[first],
         codes=(values * 400).round().clip(-127, 127).astype("i1")[first].astype("<f4") / 8,
         small=random.integers(-4, 4, (40, 48))[first].astype("<f4") / 8,
         noise=random.integers(-2**63, 2**63 - 1, (40, 4))[first])

# More elements than a block of few states holds, in few bytes.
large = np.random.default_rng(8)
numbers = np.exp2(large.choice([-1, 0, 1], (1025, 128), p=[0.01, 0.98, 0.01])) * large.choice([-1, 1], (1025, 128))
np.savez_compressed(here / "large.npz", numbers=numbers.astype("<f2"),
                    indices=large.choice([0, 3, 200], 131200, p=[0.98, 0.01, 0.01]).astype("u1"))
