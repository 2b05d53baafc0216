"""Trains a small LeNet-5-like CNN on the UCI handwritten digits and writes ../digits-cnn."""

import pathlib

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
from safetensors.numpy import save_file
from sklearn.datasets import load_digits

from common import accuracy, dropout, glorot, jitter, split, train

FOLDER = pathlib.Path(__file__).parent.parent / "digits-cnn"
SHAPES = {
    "conv1": (16, 1, 3, 3),
    "conv2": (32, 16, 3, 3),
    "fc1": (120, 128),
    "fc2": (84, 120),
    "fc3": (10, 84),
}


def conv(x, weight, bias):
    x = jax.lax.conv_general_dilated(x, weight, (1, 1), ((1, 1), (1, 1)))
    return jax.nn.relu(x + bias[:, None, None])


def max_pool(x):
    return jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")


def forward(p, x, key):
    keys = [None] * 2 if key is None else jax.random.split(key, 2)
    x = max_pool(conv(x, p["conv1.weight"], p["conv1.bias"]))
    x = max_pool(conv(x, p["conv2.weight"], p["conv2.bias"]))
    x = x.reshape(len(x), -1)
    x = dropout(jax.nn.relu(x @ p["fc1.weight"].T + p["fc1.bias"]), 0.2, keys[0])
    x = dropout(jax.nn.relu(x @ p["fc2.weight"].T + p["fc2.bias"]), 0.2, keys[1])
    return x @ p["fc3.weight"].T + p["fc3.bias"]


def main():
    digits = load_digits()
    inputs = (digits.data / 16).astype(np.float32).reshape(-1, 1, 8, 8)
    labels = digits.target.astype(np.int64)
    learned, held_out = split(labels, 1 / 3, seed=2026)
    parameters = {}
    for (name, shape), key in zip(SHAPES.items(), jax.random.split(jax.random.key(2), len(SHAPES))):
        area = int(np.prod(shape[2:]))
        parameters[f"{name}.weight"] = glorot(key, shape, shape[1] * area, shape[0] * area)
        parameters[f"{name}.bias"] = jnp.zeros(shape[0])
    parameters = train(
        forward, parameters, inputs[learned], labels[learned],
        epochs=150, batch=64, rate=2e-3, decay=1e-2, augment=jitter,
    )
    rounded = {name: np.asarray(value).astype(ml_dtypes.bfloat16) for name, value in parameters.items()}
    plain = {name: np.asarray(value, dtype=np.float32) for name, value in parameters.items()}
    print("train", accuracy(forward, plain, inputs[learned], labels[learned]))
    print("test", accuracy(forward, plain, inputs[held_out], labels[held_out]), len(held_out))
    widened = {name: value.astype(np.float32) for name, value in rounded.items()}
    print("test, bfloat16", accuracy(forward, widened, inputs[held_out], labels[held_out]))

    FOLDER.mkdir(exist_ok=True)
    save_file(plain, FOLDER / "model.safetensors", metadata={"format": "np"})
    save_file(rounded, FOLDER / "model-bf16.safetensors", metadata={"format": "np"})
    np.savez(FOLDER / "test.npz", inputs=inputs[held_out], labels=labels[held_out].astype(np.uint8))


main()
