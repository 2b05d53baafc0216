"""CSR × 64 columns beside SciPy's on a matrix of the same size and sparsity, in turns, on one thread.

    OPENBLAS_NUM_THREADS=1 python compare_with_scipy.py .build/release/bantam-benchmarks

Needs numpy and scipy. Prints median milliseconds over the turns.
"""
import json
import statistics
import subprocess
import sys
import time

import numpy as np
import scipy.sparse

random = np.random.default_rng(0)
operand = random.standard_normal((384, 64)).astype(np.float32)
dense = random.standard_normal((1536, 384)).astype(np.float32)


def milliseconds(work, repetitions=51):
    times = []
    for _ in range(repetitions):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3


table = {}
for turn in range(5):
    command = [sys.argv[1], "--json", "--mebibytes", "4", "--repetitions", "51", "--filter", "1536×384 ×"]
    for figure in json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout):
        table.setdefault("bantam " + figure["name"], []).append(figure["median_seconds"] * 1e3)
    table.setdefault("numpy dense", []).append(milliseconds(lambda: dense @ operand))
    for percent in (0, 25, 40, 50, 60, 75, 90, 95, 99):
        matrix = scipy.sparse.csr_matrix(dense * (random.random(dense.shape) >= percent / 100), dtype=np.float32)
        matrix.eliminate_zeros()
        table.setdefault(f"scipy CSR, {percent} % zeros", []).append(milliseconds(lambda: matrix @ operand))
    table.setdefault("scipy dense → CSR, 75 % zeros", []).append(
        milliseconds(lambda thin=dense * (random.random(dense.shape) >= 0.75): scipy.sparse.csr_matrix(thin), 11))
for name, times in table.items():
    print(f"{name:45} {statistics.median(times):8.3f} ms")
