"""A sparse matrix as scipy.sparse.csr_matrix holds it, and its product with a dense one.

dense.bin: float32, 41×300. data.bin: float32. indices.bin, indptr.bin: int32.
operand.bin: float32, 300×19. product.bin: float64, 41×19, computed in float64.
"""
import pathlib

import numpy as np
import scipy.sparse

folder = pathlib.Path(__file__).parent
random = np.random.default_rng(21)
# SciPy drops -0.0, which Bantam keeps: there is none.
dense = np.where(random.random((41, 300)) < 0.2, random.standard_normal((41, 300)), 0)
dense[[0, 7, 8, 40]] = 0
dense = dense.astype("<f4")
matrix = scipy.sparse.csr_matrix(dense)
operand = random.standard_normal((300, 19)).astype("<f4")
dense.tofile(folder / "dense.bin")
matrix.data.astype("<f4").tofile(folder / "data.bin")
matrix.indices.astype("<i4").tofile(folder / "indices.bin")
matrix.indptr.astype("<i4").tofile(folder / "indptr.bin")
operand.tofile(folder / "operand.bin")
(matrix.astype(np.float64) @ operand.astype(np.float64)).astype("<f8").tofile(folder / "product.bin")
