"""A reader of Bantam's compressed files (version 1), written from docs/format.md alone.

NumPy is all it needs, and beside it trellis.py for trellis-coded tensors and coders/ for the coders of Bantam's own; zstandard and lz4
only for arrays coded so. It checks nothing: it shows how little a reader is.
Usage: python3 reader.py FILE.safetensors [BASE]   prints name, dtype, shape and the first values of every tensor.
A base, for files that were compressed against one, is an .npz or a plain .safetensors file.
"""
import bz2
import importlib
import json
import pathlib
import sys
import zlib

import numpy as np

FLOATS = {"F64": "f8", "F32": "f4", "F16": "f2", "I64": "i8", "I32": "i4", "I16": "i2", "I8": "i1",
          "F8_E4M3": "e4m3", "F8_E5M2": "e5m2",
          "U64": "u8", "U32": "u4", "U16": "u2", "U8": "u1", "BOOL": "?", "BF16": "bf16"}
KINDS = {"float64": "f8", "float32": "f4", "float16": "f2", "bfloat16": "bf16", "int64": "i8", "int32": "i4",
         "int16": "i2", "int8": "i1", "uint64": "u8", "uint32": "u4", "uint16": "u2", "uint8": "u1", "bool": "?"}
CODES = {1: "f8", 2: "f4", 3: "f2", 4: "bf16", 5: "e4m3", 6: "e5m2", 15: "i8", 16: "i4", 17: "i2", 18: "i1",
         19: "u8", 20: "u4", 21: "u2", 22: "u1", 23: "?"}
NAMES = {number: name for name, kind in KINDS.items() for number, code in CODES.items() if code == kind}
NAMES |= {5: "float8_e4m3", 6: "float8_e5m2"}
OWN_CODERS = {5: "huffman", 6: "fast", 7: "dense", 9: "max", 10: "max", 11: "max"}
sys.path.append(str(pathlib.Path(__file__).resolve().parent / "coders"))


def typed(data, kind):
    """Bytes as numbers; bfloat16 is the upper half of a float32."""
    if kind == "bf16":
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4")
    if kind in ("e4m3", "e5m2"):
        return float8(np.frombuffer(data, "u1").astype("i4"), 3 if kind == "e4m3" else 2)
    return np.frombuffer(data, "<" + kind)


def float8(codes, bits):
    """8-bit floats; those that are infinite or NaN do not occur."""
    exponent, mantissa = codes >> bits & (1 << 7 - bits) - 1, codes & (1 << bits) - 1
    bias = (1 << 6 - bits) - 1
    magnitude = np.ldexp(mantissa + (exponent > 0) * (1 << bits), np.maximum(exponent, 1) - bias - bits)
    return np.where(codes & 128, -magnitude, magnitude).astype("<f4")


def unpacked(data, kind, count):
    """Codes of fewer than eight bits, int3 or uint4, from a stream of bits."""
    signed, width = kind.startswith("int"), int(kind[-1])
    bits = np.unpackbits(data, count=count * width, bitorder="little").reshape(count, width)
    codes = bits @ (1 << np.arange(width)) - ((bits[:, -1].astype("i8") << width) if signed else 0)
    return codes.astype("i1" if signed else "u1")


def unrotated(rows, seed):
    """Rows before their Walsh-Hadamard rotation: blocks of powers of two, then signs from SplitMix64."""
    rows, start, columns = rows.copy(), 0, rows.shape[1]
    while start < columns:
        length = 1 << min(columns - start, 4096).bit_length() - 1
        block, half = rows[:, start:start + length], 1
        while half < length:
            pairs = block.reshape(len(rows), -1, 2, half)
            low, high = pairs[:, :, 0], pairs[:, :, 1]
            block = np.stack([low + high, low - high], axis=2).reshape(len(rows), length)
            half *= 2
        rows[:, start:start + length] = block * (np.float32(1) / np.sqrt(np.float32(length)))
        start += length
    with np.errstate(over="ignore"):
        state = np.uint64(seed) + np.arange(1, columns + 1, dtype="u8") * np.uint64(0x9e3779b97f4a7c15)
        word = (state ^ state >> np.uint64(30)) * np.uint64(0xbf58476d1ce4e5b9)
        word = (word ^ word >> np.uint64(27)) * np.uint64(0x94d049bb133111eb)
    return rows * np.where((word ^ word >> np.uint64(31)) >> np.uint64(63), np.float32(-1), np.float32(1))


def uncoded(block, coder, size, dtype, columns, first):
    """The raw bytes of one block; a block of max and dense depends on its place in its array."""
    if coder == 1:
        import zstandard
        return zstandard.decompress(block, max_output_size=size)
    if coder == 2:
        return zlib.decompress(block, -15, size)
    if coder == 3:
        return bz2.decompress(block)
    if coder == 4:
        import lz4.block
        return lz4.block.decompress(block, uncompressed_size=size)
    place = {7: (columns, first), 9: (columns, first, 1), 10: (columns, first, 2),
             11: (columns, first, 3)}.get(coder, ())
    return importlib.import_module(OWN_CODERS[coder]).decode(block, dtype, size, *place)


def decoded(data, columns):
    """A coded array: header, table, blocks. Columns are those of its matrix form, 0 if it has none."""
    coder, dtype, layout = data[:3]
    raw, shift, at = 0, 0, 3
    while True:
        raw |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            break
    size = 1 << (layout & 31)
    count = (raw - 1) // size + 1
    at += 8 if count > 1 else 4
    table = np.frombuffer(data, "<u4", count, at) if count > 1 else [len(data) - at]
    at += 4 * count if count > 1 else 0
    width = 2 if CODES[dtype] == "bf16" else 1 if dtype in (5, 6) else np.dtype(CODES[dtype]).itemsize
    blocks = []
    for index, entry in enumerate(int(entry) for entry in table):
        block = data[at:at + (entry & 0x7fffffff)]
        at += len(block)
        if not entry >> 31:
            first = index * size // width
            block = uncoded(block, coder, min(size, raw - index * size), NAMES[dtype], columns, first)
            if layout & 32:
                block = np.frombuffer(block, "u1").reshape(width, -1).T.tobytes()
            if layout & 64:
                block = np.cumsum(np.frombuffer(block, f"<u{width}"), dtype=f"<u{width}").tobytes()
        blocks.append(block)
    return typed(b"".join(blocks), CODES[dtype])


def base_bytes(path):
    """The bytes of every tensor of a base, by name."""
    if path.endswith(".npz"):
        return {name: values.tobytes() for name, values in np.load(path).items()}
    data = open(path, "rb").read()
    start = 8 + int.from_bytes(data[:8], "little")
    items = json.loads(data[8:start]).items()
    return {name: data[start:][slice(*item["data_offsets"])] for name, item in items if name != "__metadata__"}


def read(path, base={}):
    """Every tensor by name, as a NumPy array; bfloat16 as float32. For a base see base_bytes."""
    data = open(path, "rb").read()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    encodings = json.loads(header["__metadata__"]["bantam.encodings"])

    def array(name, owner, shape=None):
        begin, end = header[name]["data_offsets"]
        part = data[start + begin:start + end]
        coded = name.endswith(".coded") and name != owner
        columns = int(np.prod(shape[1:])) if shape is not None and len(shape) > 1 else 0
        return decoded(part, columns) if coded else typed(part, FLOATS[header[name]["dtype"]])

    def tensor(node, owner, shape):
        if isinstance(node, str):
            values = array(node, owner, shape)
            return values if shape is None else values.reshape(shape)
        if "array" in node:
            return tensor(node["array"], owner, shape)
        if "base" in node:
            bits = base[owner]
            if "xor" in node:
                residual = array(node["xor"], owner, shape)
                bits = (np.frombuffer(bits, residual.dtype) ^ residual).tobytes()
            if "difference" in node:
                residual = array(node["difference"], owner, shape)
                steps = residual >> 1 ^ -(residual & 1)
                bits = (np.frombuffer(bits, residual.dtype) + steps).tobytes()
            return typed(bits, KINDS[node["dtype"]]).reshape(shape)
        if "repeats" in node:
            repeats = array(node["repeats"], owner).astype("i8")
            distinct = tensor(node["distinct"], owner, (node["rows"], int(np.prod(shape[1:]))))
            return distinct[np.where(repeats, repeats, np.cumsum(repeats == 0)) - 1].reshape(shape)
        if "packed" in node:
            codes = unpacked(array(node["packed"], owner), node["type"], node["count"])
            return codes if shape is None else codes.reshape(shape)
        if "codebook" in node:
            codes = tensor(node["codes"], owner, shape)
            book, rows = array(node["codebook"], owner).astype("<f4"), codes.reshape(1, -1)
            group = np.zeros(1, "i8")
            if "rows" in node and codes.ndim > 1:
                rows = codes.reshape(codes.shape[0], -1)
                group = np.arange(len(rows)) // node["rows"]
            book = book.reshape(group[-1] + 1, -1)
            return book[group[:, None], rows].reshape(codes.shape)
        if "indices" in node:
            import trellis
            matrix = (shape[0], int(np.prod(shape[1:]))) if len(shape) > 1 else (1, int(np.prod(shape)))
            parts = [array(node[part], owner).tobytes() for part in ("indices", "tables")]
            return trellis.elements(*parts, *matrix).reshape(shape)
        if "codes" in node:
            codes = tensor(node["codes"], owner, shape)
            if "trellis" in node:
                import trellis
                codes = trellis.levels(codes, node["trellis"])
            matrix = (codes.shape[0] if codes.ndim > 1 else 1, codes[0].size if codes.ndim > 1 else codes.size)
            granularity = node.get("granularity", "tensor")
            grouped = granularity.startswith("group:")
            scale_shape = {"tensor": (), "channel": codes.shape[:1] or (1,)}.get(granularity)
            if grouped:
                scale_shape = (matrix[0], -(-matrix[1] // int(granularity[6:])))
            if isinstance(node["scales"], (int, float)):
                scales = np.array([node["scales"]], "<f4")
            else:
                scales = tensor(node["scales"], owner, scale_shape).astype("<f4").reshape(-1)
            zeros = array(node["zero_points"], owner, scale_shape) if "zero_points" in node else np.zeros(1, "i1")
            rows = codes.reshape(codes.shape[0] if codes.ndim > 1 else 1, -1)
            if granularity == "channel":
                rows = codes.reshape(codes.shape[0], -1)
            if grouped:
                length = int(granularity[6:])

                def spread(values):
                    return np.repeat(values.reshape(len(rows), -1), length, axis=1)[:, :rows.shape[1]]
                scales, zeros = spread(scales), spread(zeros) if len(zeros) > 1 else zeros
            else:
                scales, zeros = scales.reshape(-1, 1), zeros.reshape(-1, 1)
            if codes.dtype.kind == "i":
                rows = rows.astype("i4") - zeros
            values = (rows * scales).astype("<f4")
            if "rotation" in node:
                values = unrotated(values.reshape(matrix), int(node["rotation"][9:]))
            return values.reshape(codes.shape)
        if "left" in node:
            rows, columns, rank = shape[0], int(np.prod(shape[1:])), node["rank"]
            left = tensor(node["left"], owner, (rows, rank)).astype("<f4")
            return (left @ tensor(node["right"], owner, (rank, columns)).astype("<f4")).reshape(shape)
        values = tensor(node["values"], owner, None)
        dense = np.zeros(int(np.prod(shape)), values.dtype)
        if "bitmask" in node:
            mask = array(node["bitmask"], owner)
            dense[np.flatnonzero(np.unpackbits(mask, bitorder="little"))] = values
        elif "gaps" in node:
            gaps = array(node["gaps"], owner).astype("i8")
            ends = np.cumsum(gaps + (gaps < 255))
            dense[ends[gaps < 255] - 1] = values
        else:
            pointers = array(node["row_pointers"], owner).astype("i8")
            columns = array(node["column_indices"], owner)
            rows = np.repeat(np.arange(len(pointers) - 1), np.diff(pointers))
            dense[rows * (len(dense) // (len(pointers) - 1)) + columns] = values
        return dense.reshape(shape)

    return {name: tensor(node, name, node["shape"]) for name, node in encodings.items()}


if __name__ == "__main__":
    known = base_bytes(sys.argv[2]) if len(sys.argv) > 2 else {}
    for name, values in read(sys.argv[1], known).items():
        print(name, values.dtype, values.shape, values.ravel()[:4])
