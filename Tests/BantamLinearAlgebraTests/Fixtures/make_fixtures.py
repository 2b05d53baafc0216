"""Matrices with their singular values and truncation errors as NumPy finds them in float64.

NAME.matrix.bin: float32, row-major. NAME.singular_values.bin: float64.
NAME.truncation_errors.bin: float64, the Frobenius norm of A minus its best approximation of rank 1, 2, ...
"""
import pathlib

import numpy as np

folder = pathlib.Path(__file__).parent
random = np.random.default_rng(20)
for name, rows, columns, decay in [("square", 31, 31, 0.9), ("tall", 83, 20, 0.7), ("wide", 24, 57, 0.95)]:
    matrix = (random.standard_normal((rows, columns)) * decay ** np.arange(columns)).astype("<f4")
    u, s, vt = np.linalg.svd(matrix.astype(np.float64), full_matrices=False)
    errors = [
        np.linalg.norm(matrix - (u[:, :r] * s[:r]) @ vt[:r]) for r in range(1, len(s) + 1)
    ]
    matrix.tofile(folder / f"{name}.matrix.bin")
    s.astype("<f8").tofile(folder / f"{name}.singular_values.bin")
    np.array(errors, dtype="<f8").tofile(folder / f"{name}.truncation_errors.bin")
