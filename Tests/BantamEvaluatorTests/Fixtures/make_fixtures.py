"""Writes the figures that the evaluator's tests compare with, by NumPy, SciPy and scikit-learn.

    python3 -m venv venv && venv/bin/pip install -r requirements.txt && venv/bin/python make_fixtures.py
"""

import json
import pathlib

import numpy
from scipy import optimize, special, stats
from sklearn import metrics

here = pathlib.Path(__file__).parent
random = numpy.random.default_rng(20240611)


def write(name, content):
    """One record a line, so that a change shows where it is."""
    if isinstance(content, list):
        text = "[\n" + ",\n".join(json.dumps(record) for record in content) + "\n]\n"
    else:
        text = "{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in content.items()) + "\n}\n"
    (here / name).write_text(text)


def errors():
    """Weights after int8 rounding and pruning; histogram and divergence with half a count a bin."""
    cases = []
    for name, count, scale in [("normal", 1201, 0.05), ("laplace", 513, 2.0), ("short", 7, 1.0)]:
        draw = random.laplace if name == "laplace" else random.normal
        x = draw(0, scale, count).astype(numpy.float32)
        step = numpy.float32(numpy.abs(x).max() / 127)
        y = (numpy.round(x / step) * step).astype(numpy.float32)
        y[numpy.abs(x) < numpy.quantile(numpy.abs(x), 0.3)] = 0
        a, b = x.astype(numpy.float64), y.astype(numpy.float64)
        low, high = min(a.min(), b.min()), max(a.max(), b.max())
        before, edges = numpy.histogram(a, 64, (low, high))
        after, _ = numpy.histogram(b, 64, (low, high))
        cases.append({
            "name": name, "original": x.tolist(), "reconstruction": y.tolist(),
            "max_abs_error": numpy.abs(a - b).max(), "rmse": numpy.sqrt(numpy.mean((a - b) ** 2)),
            "relative_error": numpy.linalg.norm(a - b) / numpy.linalg.norm(a),
            "sqnr_db": 10 * numpy.log10((a**2).sum() / ((a - b) ** 2).sum()),
            "cosine": a @ b / numpy.linalg.norm(a) / numpy.linalg.norm(b),
            "sparsity": float((b == 0).mean()), "low": low, "high": high,
            "before": before.tolist(), "after": after.tolist(),
            "kl_divergence": stats.entropy(before + 0.5, after + 0.5),
        })
    write("errors.json", cases)


def classification():
    """Outputs of a mediocre network over seven classes, one of them never predicted."""
    count, classes = 150, 7
    labels = random.integers(0, classes, count)
    outputs = random.normal(0, 2, (count, classes)).astype(numpy.float32)
    outputs[numpy.arange(count), labels] += 2
    outputs[:, 3] -= 100
    other = (outputs + random.normal(0, 0.5, outputs.shape)).astype(numpy.float32)
    predicted = outputs.argmax(1)
    precision, recall, f1, support = metrics.precision_recall_fscore_support(
        labels, predicted, labels=range(classes), zero_division=0)
    logs = special.log_softmax(outputs.astype(numpy.float64), axis=1)
    write("classification.json", {
        "labels": labels.tolist(), "outputs": outputs.tolist(), "other": other.tolist(),
        "accuracy": metrics.accuracy_score(labels, predicted),
        "top5": metrics.top_k_accuracy_score(labels, outputs, k=5, labels=range(classes)),
        "nll": -logs[numpy.arange(count), labels].mean(),
        "probabilities": numpy.exp(logs).astype(numpy.float32).tolist(),
        "macro_f1": metrics.f1_score(labels, predicted, average="macro", zero_division=0),
        "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(),
        "support": support.tolist(), "confusion": metrics.confusion_matrix(labels, predicted).tolist(),
        "agreement": float((predicted == other.argmax(1)).mean()),
        "change": metrics.accuracy_score(labels, other.argmax(1)) - metrics.accuracy_score(labels, predicted),
    })


def score_statistic(delta, won, lost, count):
    """The score statistic with the nuisance probability maximized numerically, not by formula."""
    def loss(q):
        terms = [(won, q + delta), (lost, q), (count - won - lost, 1 - 2 * q - delta)]
        return -sum(special.xlogy(n, p) for n, p in terms if n)
    low, high = max(0, -delta), (1 - delta) / 2
    q = optimize.minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-13}).x
    q = min([q, low, high], key=loss)
    return (won - lost - count * delta) / numpy.sqrt(count * (2 * q + delta * (1 - delta)))


def intervals():
    z = stats.norm.ppf(0.975)
    cases = []
    for won, lost, count in [(0, 1, 100), (1, 0, 44), (2, 12, 50), (6, 16, 161), (3, 3, 360), (7, 1, 21),
                             (40, 20, 160), (1, 9, 1797), (0, 25, 10000), (0, 5, 5), (10, 10, 20)]:
        def at(delta, target):
            return score_statistic(delta, won, lost, count) - target
        estimate, tiny = (won - lost) / count, 1e-9
        low = -1.0 if estimate == -1 else optimize.brentq(at, -1 + tiny, estimate - tiny, (z,), xtol=1e-13)
        high = 1.0 if estimate == 1 else optimize.brentq(at, estimate + tiny, 1 - tiny, (-z,), xtol=1e-13)
        cases.append({"won": won, "lost": lost, "count": count, "low": low, "high": high})
    write("intervals.json", cases)


errors()
classification()
intervals()
