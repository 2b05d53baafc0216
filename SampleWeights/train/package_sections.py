"""Trains a text classifier that reads a Debian package's description and names its section.

The texts are the package descriptions of Debian 12, as `apt-cache show` prints them (Debian only). Words are
hashed to 4,096 ids, so no vocabulary is needed. Writes ../package-sections.
"""

import pathlib
import re
import subprocess
import zlib

import jax
import jax.numpy as jnp
import numpy as np

from common import accuracy, dropout, glorot, split, train

FOLDER = pathlib.Path(__file__).parent.parent / "package-sections"
SECTIONS = ["admin", "fonts", "games", "graphics", "java", "math", "net", "science", "sound", "text"]
WORDS, LENGTH, WIDTH, HIDDEN = 4096, 48, 64, 128


def descriptions():
    """One text a package of the sections wanted; packages built from one source count once."""
    listing = subprocess.run(["apt-cache", "dumpavail"], capture_output=True, text=True, check=True).stdout
    chosen = {}
    for stanza in listing.split("\n\n"):
        fields = dict(re.findall(r"^(Package|Source|Section): (.*)$", stanza, re.M))
        if fields.get("Section") in SECTIONS:
            chosen.setdefault(fields.get("Source", fields["Package"]).split()[0], fields)
    names = [fields["Package"] for fields in chosen.values()]
    texts = {}
    for start in range(0, len(names), 500):
        shown = subprocess.run(
            ["apt-cache", "--no-all-versions", "show", *names[start : start + 500]],
            capture_output=True, text=True, check=True,
        ).stdout
        for stanza in shown.split("\n\n"):
            name = re.search(r"^Package: (.*)$", stanza, re.M)
            text = re.search(r"^Description(?:-en)?: (.*(?:\n .*)*)", stanza, re.M)
            if name and text:
                texts[name[1]] = text[1]
    return [
        (texts[fields["Package"]], SECTIONS.index(fields["Section"]))
        for _, fields in sorted(chosen.items())
        if fields["Package"] in texts
    ]


def ids(text):
    words = re.findall(r"[a-z]{2,}", text.lower())[:LENGTH]
    hashed = [1 + zlib.crc32(word.encode()) % (WORDS - 1) for word in words]
    return hashed + [0] * (LENGTH - len(hashed))


def forward(p, x, key):
    keys = [None] * 2 if key is None else jax.random.split(key, 2)
    x = dropout(p["embedding.weight"][x], 0.2, keys[0]).mean(axis=1)
    x = (x - x.mean(axis=1, keepdims=True)) / jnp.sqrt(x.var(axis=1, keepdims=True) + 1e-5)
    x = x * p["norm.weight"] + p["norm.bias"]
    x = dropout(jax.nn.gelu(x @ p["fc1.weight"].T + p["fc1.bias"], approximate=False), 0.3, keys[1])
    return x @ p["fc2.weight"].T + p["fc2.bias"]


def main():
    samples = descriptions()
    inputs = np.array([ids(text) for text, _ in samples])
    labels = np.array([label for _, label in samples])
    learned, held_out = split(labels, 1 / 3, seed=2026)
    keys = jax.random.split(jax.random.key(3), 3)
    count = len(SECTIONS)
    parameters = {
        "embedding.weight": 0.1 * jax.random.normal(keys[0], (WORDS, WIDTH)),
        "norm.weight": jnp.ones(WIDTH),
        "norm.bias": jnp.zeros(WIDTH),
        "fc1.weight": glorot(keys[1], (HIDDEN, WIDTH), WIDTH, HIDDEN),
        "fc1.bias": jnp.zeros(HIDDEN),
        "fc2.weight": glorot(keys[2], (count, HIDDEN), HIDDEN, count),
        "fc2.bias": jnp.zeros(count),
    }
    parameters = train(
        forward, parameters, inputs[learned], labels[learned], epochs=12, batch=64, rate=3e-3, decay=5e-2
    )
    print("train", accuracy(forward, parameters, inputs[learned], labels[learned]), len(learned))
    print("test", accuracy(forward, parameters, inputs[held_out], labels[held_out]), len(held_out))
    print("classes", np.bincount(labels[held_out]))

    FOLDER.mkdir(exist_ok=True)
    np.savez(FOLDER / "model.npz", **{name: np.asarray(value) for name, value in parameters.items()})
    np.savez(
        FOLDER / "test.npz", inputs=inputs[held_out].astype(np.int16), labels=labels[held_out].astype(np.uint8)
    )


main()
