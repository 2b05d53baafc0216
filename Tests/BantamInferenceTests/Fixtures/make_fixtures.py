"""Writes cases.json and cases.bin: networks, weights, inputs, and what JAX says the outputs are.

Weights and inputs are float32 (ids int64), the reference computes in float64 and is rounded once at the end.
    python3 -m venv .venv && .venv/bin/pip install -r requirements.txt && .venv/bin/python make_fixtures.py
"""

import json
import pathlib

import jax

jax.config.update("jax_enable_x64", True)
import jax.numpy as jnp
import numpy as np
from jax import lax

random = np.random.default_rng(20240607)
blob = bytearray()
cases = []


def normal(*shape, scale=1.0):
    return (random.standard_normal(shape) * scale).astype(np.float32)


def store(array):
    array = np.ascontiguousarray(array)
    offset = len(blob)
    blob.extend(array.tobytes())
    blob.extend(b"\0" * (-len(blob) % 8))
    return {"dtype": str(array.dtype), "shape": list(array.shape), "offset": offset}


def case(name, layers, weights, inputs, reference):
    wide = {key: jnp.asarray(value, jnp.float64) for key, value in weights.items()}
    x = jnp.asarray(inputs) if inputs.dtype == np.int64 else jnp.asarray(inputs, jnp.float64)
    outputs = np.asarray(reference(x, wide)).astype(np.float32)
    yaml = f"input: {list(inputs.shape[1:])}\nlayers:\n" + "".join(f"  - {layer}\n" for layer in layers)
    cases.append({
        "name": name, "yaml": yaml, "weights": {key: store(value) for key, value in weights.items()},
        "inputs": store(inputs), "outputs": store(outputs),
    })


def pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)


def convolve(x, w, b=None, padding=0, stride=1, dilation=1, groups=1):
    (ph, pw) = pair(padding)
    y = lax.conv_general_dilated(
        x, w, pair(stride), [(ph, ph), (pw, pw)], rhs_dilation=pair(dilation), feature_group_count=groups,
        dimension_numbers=("NCHW", "OIHW", "NCHW"), precision=lax.Precision.HIGHEST)
    return y if b is None else y + b[None, :, None, None]


def pool(x, kind, kernel, stride=None, padding=0):
    (ph, pw), kernel = pair(padding), pair(kernel)
    window, strides = (1, 1) + kernel, (1, 1) + pair(stride or kernel)
    pads = [(0, 0), (0, 0), (ph, ph), (pw, pw)]
    if kind == "max":
        return lax.reduce_window(x, -jnp.inf, lax.max, window, strides, pads)
    return lax.reduce_window(x, 0.0, lax.add, window, strides, pads) / (kernel[0] * kernel[1])


def batch_norm(x, w, b, m, v, epsilon):
    shape = (1, -1) + (1,) * (x.ndim - 2)
    return (x - m.reshape(shape)) / jnp.sqrt(v.reshape(shape) + epsilon) * w.reshape(shape) + b.reshape(shape)


def layer_norm(x, w, b, epsilon):
    axes = tuple(range(x.ndim - w.ndim, x.ndim))
    mean = x.mean(axes, keepdims=True)
    return (x - mean) / jnp.sqrt(x.var(axes, keepdims=True) + epsilon) * w + b


# Linear, on vectors and on sequences, with and without bias.
for name, shape, rows, bias in [("vector", (5, 7), 3, True), ("sequence", (3, 4, 6), 5, True), ("no bias", (4, 9), 1, False)]:
    weights = {"w": normal(rows, shape[-1])} | ({"b": normal(rows)} if bias else {})
    case(f"linear {name}", ["linear: {weight: w" + (", bias: b}" if bias else "}")], weights, normal(*shape),
         lambda x, w: x @ w["w"].T + w.get("b", 0.0))

# Convolutions: (input, filters, kernel, options).
for number, (shape, filters, kernel, options) in enumerate([
    ((2, 1, 8, 8), 3, (3, 3), {}),
    ((2, 3, 7, 5), 4, (3, 3), {"padding": 1}),
    ((1, 2, 9, 11), 5, (3, 2), {"padding": [2, 1], "stride": [2, 3]}),
    ((2, 2, 10, 9), 3, (2, 3), {"dilation": [3, 2], "padding": [1, 2]}),
    ((1, 3, 11, 11), 2, (3, 3), {"stride": 2, "padding": 1, "dilation": 2}),
    ((3, 5, 4, 6), 7, (1, 1), {}),
    ((2, 5, 4, 6), 3, (1, 1), {"stride": 2}),
    ((2, 4, 5, 5), 2, (1, 1), {"padding": 1}),
    ((2, 4, 7, 7), 6, (3, 3), {"groups": 2, "padding": 1}),
    ((2, 6, 6, 5), 9, (2, 2), {"groups": 3, "stride": [1, 2]}),
    ((2, 4, 7, 6), 4, (3, 3), {"groups": 4, "padding": 1}),
    ((2, 3, 9, 8), 6, (3, 2), {"groups": 3, "stride": 2, "padding": [2, 1], "dilation": [1, 2]}),
    ((2, 3, 5, 1), 4, (5, 1), {}),
    ((2, 2, 2, 3), 3, (3, 5), {"padding": [4, 3]}),
    ((1, 1, 1, 1), 1, (1, 1), {}),
    ((1, 2, 13, 13), 3, (5, 5), {"padding": 2, "stride": 4}),
]):
    weights = {"w": normal(filters, shape[1] // options.get("groups", 1), *kernel), "b": normal(filters)}
    text = "".join(f", {key}: {value}" for key, value in options.items())
    case(f"conv2d {number}", ["conv2d: {weight: w, bias: b" + text + "}"], weights, normal(*shape),
         lambda x, w: convolve(x, w["w"], w["b"], **options))

# Pooling: both kinds, odd sizes, padding that leaves the last rows out.
for shape, kernel, options in [
    ((2, 3, 8, 8), 2, {}), ((2, 1, 7, 9), 3, {}), ((1, 2, 7, 8), 3, {"stride": 2, "padding": 1}),
    ((2, 2, 6, 5), [3, 2], {"stride": [1, 2], "padding": [1, 0]}), ((1, 2, 5, 5), 5, {}),
    ((1, 1, 9, 9), [2, 4], {"stride": 3, "padding": [1, 2]}), ((1, 1, 1, 4), 1, {"stride": 2}),
]:
    for kind in ("max", "avg"):
        text = f"{kind}_pool2d: {{kernel: {kernel}" + "".join(f", {key}: {value}" for key, value in options.items()) + "}"
        case(text, [text], {}, normal(*shape), lambda x, w: pool(x, kind, kernel, **options))
case("global_avg_pool2d", ["global_avg_pool2d"], {}, normal(3, 4, 5, 7), lambda x, w: x.mean((2, 3)))
case("mean_pool", ["mean_pool"], {}, normal(3, 7, 5), lambda x, w: x.mean(1))

# Normalization.
for name, shape, epsilon in [("vectors", (4, 6), None), ("planes", (3, 4, 5, 3), 0.01)]:
    weights = {key: normal(shape[1]) for key in "wbm"} | {"v": random.uniform(0.1, 3, shape[1]).astype(np.float32)}
    text = "" if epsilon is None else f", epsilon: {epsilon}"
    case(f"batch_norm {name}", ["batch_norm: {weight: w, bias: b, mean: m, variance: v" + text + "}"], weights, normal(*shape),
         lambda x, w: batch_norm(x, w["w"], w["b"], w["m"], w["v"], epsilon or 1e-5))
for name, shape, axes, epsilon in [("vectors", (4, 9), 1, None), ("sequences", (3, 4, 8), 1, 1e-12), ("planes", (3, 2, 3, 5), 3, 0.1), ("last two", (2, 3, 4, 5), 2, None)]:
    weights = {"w": normal(*shape[-axes:]), "b": normal(*shape[-axes:])}
    text = "" if epsilon is None else f", epsilon: {epsilon}"
    case(f"layer_norm {name}", ["layer_norm: {weight: w, bias: b" + text + "}"], weights, normal(*shape, scale=3) + np.float32(2),
         lambda x, w: layer_norm(x, w["w"], w["b"], epsilon or 1e-5))

# Activations, from tiny to far beyond saturation.
edge = np.concatenate([normal(60, scale=4), normal(30, scale=0.01), np.array([0, 1, -1, 20, -20, 90, -90, 1e-20, 5, -5], np.float32)]).reshape(4, 25)
for text, function in {
    "relu": jax.nn.relu, "leaky_relu": lambda x: jnp.where(x < 0, 0.01 * x, x),
    "leaky_relu: {slope: 0.2}": lambda x: jnp.where(x < 0, 0.2 * x, x),
    "gelu": lambda x: jax.nn.gelu(x, approximate=False), "gelu: {approximate: none}": lambda x: jax.nn.gelu(x, approximate=False),
    "gelu: {approximate: tanh}": lambda x: jax.nn.gelu(x, approximate=True), "silu": jax.nn.silu, "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid, "softmax": lambda x: jax.nn.softmax(x, -1),
}.items():
    case(text, [text], {}, edge, lambda x, w: function(x))
case("softmax of planes", ["softmax"], {}, normal(2, 3, 4, 5), lambda x, w: jax.nn.softmax(x, -1))
case("flatten", ["flatten"], {}, normal(2, 3, 4), lambda x, w: x.reshape(2, -1))

# Compositions.
cnn = {"c1.w": normal(4, 1, 3, 3), "c1.b": normal(4), "n.w": normal(4), "n.b": normal(4), "n.m": normal(4),
       "n.v": random.uniform(0.5, 2, 4).astype(np.float32), "c2.w": normal(6, 4, 3, 3, scale=0.3), "c2.b": normal(6),
       "f.w": normal(10, 24, scale=0.3), "f.b": normal(10)}
def cnn_reference(x, w):
    x = jax.nn.relu(batch_norm(convolve(x, w["c1.w"], w["c1.b"], padding=1), w["n.w"], w["n.b"], w["n.m"], w["n.v"], 1e-5))
    x = jax.nn.relu(convolve(pool(x, "max", 2), w["c2.w"], w["c2.b"], padding=1))
    return jax.nn.softmax(pool(x, "avg", 2).reshape(len(x), -1) @ w["f.w"].T + w["f.b"], -1)
case("small CNN", [
    "conv2d: {weight: c1.w, bias: c1.b, padding: 1}", "batch_norm: {weight: n.w, bias: n.b, mean: n.m, variance: n.v}", "relu",
    "max_pool2d: {kernel: 2}", "conv2d: {weight: c2.w, bias: c2.b, padding: 1}", "relu", "avg_pool2d: {kernel: 2}", "flatten",
    "linear: {weight: f.w, bias: f.b}", "softmax"], cnn, normal(7, 1, 8, 8), cnn_reference)

text = {"e": normal(50, 8), "f.w": normal(4, 8), "f.b": normal(4)}
case("embedding classifier", ["embedding: {weight: e}", "mean_pool", "linear: {weight: f.w, bias: f.b}"], text,
     random.integers(0, 50, (6, 11)), lambda x, w: w["e"][x].mean(1) @ w["f.w"].T + w["f.b"])

block = {"u.w": normal(20, 12, scale=0.3), "u.b": normal(20), "d.w": normal(12, 20, scale=0.3), "d.b": normal(12),
         "i.w": normal(12, 12, scale=0.3), "l.w": normal(12), "l.b": normal(12), "f.w": normal(3, 12)}
def residual_reference(x, w):
    inner = jax.nn.gelu(layer_norm(x, w["l.w"], w["l.b"], 1e-5) @ w["u.w"].T + w["u.b"], approximate=False) @ w["d.w"].T + w["d.b"]
    inner = inner + jnp.tanh(inner @ w["i.w"].T)
    return (x + inner) @ w["f.w"].T
case("residual MLP", [
    "residual:\n      - layer_norm: {weight: l.w, bias: l.b}\n      - linear: {weight: u.w, bias: u.b}\n      - gelu\n"
    "      - linear: {weight: d.w, bias: d.b}\n      - residual: [linear: {weight: i.w}, tanh]",
    "linear: {weight: f.w}"], block, normal(9, 12), residual_reference)

here = pathlib.Path(__file__).parent
(here / "cases.bin").write_bytes(blob)
(here / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")
