"""Trains the MLP 64-300-100-10 on the UCI handwritten digits and writes ../digits-mlp."""

import json
import pathlib

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.datasets import load_digits

from common import accuracy, dropout, glorot, jitter, split, train

SIZES = [64, 300, 100, 10]


def network(rate):
    """The forward pass, with dropout after each hidden layer while training."""

    def forward(p, x, key):
        keys = [None] * 2 if key is None else jax.random.split(key, 2)
        x = dropout(jax.nn.relu(x @ p["fc1.weight"].T + p["fc1.bias"]), rate, keys[0])
        x = dropout(jax.nn.relu(x @ p["fc2.weight"].T + p["fc2.bias"]), rate, keys[1])
        return x @ p["fc3.weight"].T + p["fc3.bias"]

    return forward


def trained(folder, *, dropout, **options):
    """The trained parameters; the held-out third is written to `folder`."""
    forward = network(dropout)
    digits = load_digits()
    inputs = (digits.data / 16).astype(np.float32)
    labels = digits.target.astype(np.int64)
    learned, held_out = split(labels, 1 / 3, seed=2026)
    parameters = {}
    for index, key in enumerate(jax.random.split(jax.random.key(1), 3)):
        below, above = SIZES[index], SIZES[index + 1]
        parameters[f"fc{index + 1}.weight"] = glorot(key, (above, below), below, above)
        parameters[f"fc{index + 1}.bias"] = jnp.zeros(above)
    parameters = train(
        forward, parameters, inputs[learned], labels[learned], batch=64, rate=2e-3, augment=jitter, **options
    )
    print("train", accuracy(forward, parameters, inputs[learned], labels[learned]))
    print("test", accuracy(forward, parameters, inputs[held_out], labels[held_out]), len(held_out))
    folder.mkdir(exist_ok=True)
    np.savez(folder / "test.npz", inputs=inputs[held_out], labels=labels[held_out].astype(np.uint8))
    return {name: np.asarray(value, dtype="<f4") for name, value in parameters.items()}


def main():
    folder = pathlib.Path(__file__).parent.parent / "digits-mlp"
    tensors = []
    for name, value in trained(folder, epochs=200, dropout=0.2, decay=1e-2).items():
        (folder / f"{name}.bin").write_bytes(value.tobytes())
        tensors.append({"name": name, "file": f"{name}.bin", "dtype": "float32", "shape": list(value.shape)})
    (folder / "manifest.json").write_text(json.dumps({"tensors": tensors}, indent=2) + "\n")


if __name__ == "__main__":
    main()
