"""Compresses or decompresses a whole file with ZipNN as its own file scripts do: read, code, write, one process.

    python zipnn_file.py compress|decompress INPUT OUTPUT THREADS

Prints the seconds after the imports.
"""
import sys
import time

import zipnn

start = time.perf_counter()
action, source, target, threads = sys.argv[1:]
with open(source, "rb") as file:
    data = file.read()
if action == "compress":
    coder = zipnn.ZipNN(bytearray_dtype="bfloat16", method="HUFFMAN", threads=int(threads))
    result = coder.compress(data)
else:
    result = zipnn.ZipNN(is_streaming=True, threads=int(threads)).decompress(data)
with open(target, "wb") as file:
    file.write(result)
print(time.perf_counter() - start)
