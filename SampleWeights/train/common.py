"""What the training scripts share: splitting, Adam, and measuring."""

import jax
import jax.numpy as jnp
import numpy as np


def split(labels, held_out, seed):
    """Indices for training and for the held-out test set, each class in proportion."""
    rng = np.random.default_rng(seed)
    train, test = [], []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        count = round(held_out * len(members))
        test.append(members[:count])
        train.append(members[count:])
    return np.sort(np.concatenate(train)), np.sort(np.concatenate(test))


def glorot(key, shape, fan_in, fan_out):
    """Uniform initial weights (Glorot and Bengio, 2010)."""
    limit = np.sqrt(6 / (fan_in + fan_out))
    return jax.random.uniform(key, shape, minval=-limit, maxval=limit)


def cross_entropy(logits, labels):
    return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(logits), labels[:, None], axis=1))


def magnitude_masks(parameters, sparsity):
    """Ones where a weight is among the largest of all matrices together, the others zero."""
    magnitudes = np.concatenate([np.abs(p).ravel() for p in parameters.values() if p.ndim > 1])
    threshold = np.quantile(magnitudes, sparsity)
    return {
        name: jnp.where(jnp.abs(p) > threshold, 1.0, 0.0) if p.ndim > 1 else jnp.ones_like(p)
        for name, p in parameters.items()
    }


def gradual(final, begin, end, progress):
    """The cubic schedule of gradual magnitude pruning (Zhu and Gupta, 2017)."""
    done = min(max((progress - begin) / (end - begin), 0), 1)
    return final * (1 - (1 - done) ** 3)


def train(
    forward, parameters, inputs, labels, *, epochs, batch, rate, decay, augment=None, seed=0, sparsity=0, l1=0
):
    """Adam with decoupled weight decay on matrices and a cosine schedule (Loshchilov and Hutter, 2019).

    With a sparsity, matrices are pruned by magnitude from a tenth of the epochs to six tenths, and stay so.
    """

    def loss(parameters, x, y, key):
        penalty = l1 * sum(jnp.sum(jnp.abs(p)) for p in parameters.values() if p.ndim > 1)
        return cross_entropy(forward(parameters, x, key), y) + penalty

    steps = epochs * (len(inputs) // batch)

    @jax.jit
    def step(parameters, masks, first, second, count, x, y, key):
        gradient = jax.grad(loss)(parameters, x, y, key)
        first = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, first, gradient)
        second = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, second, gradient)
        now = rate * 0.5 * (1 + jnp.cos(jnp.pi * count / steps))

        def update(p, m, v):
            m_hat, v_hat = m / (1 - 0.9 ** (count + 1)), v / (1 - 0.999 ** (count + 1))
            shrink = decay * p if p.ndim > 1 else 0
            return p - now * (m_hat / (jnp.sqrt(v_hat) + 1e-8) + shrink)

        parameters = jax.tree.map(update, parameters, first, second)
        return jax.tree.map(jnp.multiply, parameters, masks), first, second

    rng = np.random.default_rng(seed)
    key = jax.random.key(seed)
    first = jax.tree.map(jnp.zeros_like, parameters)
    second = jax.tree.map(jnp.zeros_like, parameters)
    masks = jax.tree.map(jnp.ones_like, parameters)
    count = 0
    for epoch in range(epochs):
        if sparsity:
            masks = magnitude_masks(parameters, gradual(sparsity, 0.1, 0.6, epoch / epochs))
        order = rng.permutation(len(inputs))
        for start in range(0, len(order) - batch + 1, batch):
            chosen = order[start : start + batch]
            x = inputs[chosen] if augment is None else augment(inputs[chosen], rng)
            key, now = jax.random.split(key)
            parameters, first, second = step(
                parameters, masks, first, second, count, x, labels[chosen], now
            )
            count += 1
    return parameters


def accuracy(forward, parameters, inputs, labels):
    return float(jnp.mean(jnp.argmax(forward(parameters, inputs, None), axis=1) == labels))


def dropout(x, rate, key):
    if key is None:
        return x
    return jnp.where(jax.random.bernoulli(key, 1 - rate, x.shape), x / (1 - rate), 0)


def jitter(images, rng):
    """Each image shifted by up to a pixel, with a little noise: there are few digits to learn from."""
    result = np.empty_like(images)
    for index, image in enumerate(images):
        down, right = rng.integers(-1, 2, size=2) if rng.random() < 0.3 else (0, 0)
        padded = np.pad(image.reshape(8, 8), 1)
        result[index] = padded[1 - down : 9 - down, 1 - right : 9 - right].reshape(image.shape)
    return result + rng.normal(0, 0.05, images.shape).astype(np.float32)
