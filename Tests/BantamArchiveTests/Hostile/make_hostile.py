"""Writes compressed files that lie, each in one way, with checksums that fit the lie wherever they can.

A file that is merely damaged fails its checksum first; these are what someone would make on purpose. Each is
named after its lie. They are made from the golden files of version 1.
Usage: python3 make_hostile.py   (packages: ../Golden/v1/requirements.txt)
"""
import base64
import json
import pathlib
import re
import struct

import numpy as np
import xxhash
import zstandard

here = pathlib.Path(__file__).resolve().parent
golden = here.parent / "Golden" / "v1"


class Archive:
    """A compressed file taken apart: header as a value, arrays as bytes by name."""

    def __init__(self, name):
        data = (golden / f"{name}.safetensors").read_bytes()
        start = 8 + int.from_bytes(data[:8], "little")
        header = json.loads(data[8:start])
        self.metadata = header.pop("__metadata__")
        self.encodings = json.loads(self.metadata["bantam.encodings"])
        self.weight = self.encodings.get("weight")
        self.arrays = {k: [v["dtype"], v["shape"], data[start + v["data_offsets"][0]:start + v["data_offsets"][1]]]
                       for k, v in sorted(header.items(), key=lambda item: item[1]["data_offsets"])}
        self.checksums = None
        self.header_checksum = None

    def write(self, name):
        header, at = {"__metadata__": self.metadata}, 0
        for key, (dtype, shape, data) in self.arrays.items():
            header[key] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + len(data)]}
            at += len(data)
        if "bantam.encodings" in self.metadata:
            encodings = self.encodings
            if not isinstance(encodings, str):
                encodings = json.dumps(encodings, separators=(",", ":"))
            self.metadata["bantam.encodings"] = encodings
        if "bantam.checksums" in self.metadata:
            sums = b"".join(struct.pack("<Q", xxhash.xxh3_64_intdigest(a[2])) for a in self.arrays.values())
            self.metadata["bantam.checksums"] = self.checksums or base64.b64encode(sums).decode()
        if "bantam.checksum" in self.metadata:
            self.metadata["bantam.checksum"] = "0" * 16
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        prologue = struct.pack("<Q", len(text)) + text
        digits = self.header_checksum or xxhash.xxh3_64_hexdigest(prologue)
        prologue = re.sub(rb'("bantam\.checksum":")0{16}', rb"\g<1>" + digits.encode(), prologue)
        data = prologue + b"".join(a[2] for a in self.arrays.values())
        (here / f"{name}.safetensors").write_bytes(data)


def hostile(source, name):
    def make(lie):
        archive = Archive(source)
        lie(archive)
        archive.write(name)
    return make


def coded(raw_count, payload, dtype=2, layout=20, checksum=b"\0\0\0\0"):
    number, bytes_ = raw_count, bytearray()
    while True:
        bytes_.append((number & 127) | (128 if number > 127 else 0))
        number >>= 7
        if not number:
            break
    return bytes([1, dtype, layout]) + bytes(bytes_) + checksum + payload


def replace(archive, name, dtype, values):
    values = np.asarray(values)
    archive.arrays[name] = [dtype, list(values.shape), values.tobytes()]


def set_array(archive, name, data):
    archive.arrays[name] = ["U8", [len(data)], data]


def rename(archive, part, name):
    old, archive.weight[part] = archive.weight[part], name
    archive.arrays = {name if k == old else k: v for k, v in archive.arrays.items()}


def low_rank_empty(archive):
    archive.weight["shape"] = [1 << 20, 1 << 20]


DENSE, QUANTIZED, CSR, MASK, GAPS, FACTORS = (
    "kept-none", "quantized-channel-none", "csr-none", "bitmask-none", "relative-none", "low-rank-none")

lies = {
    # Versions and keys
    "version-newer": (CSR, lambda a: a.metadata.update({"bantam.version": "2"})),
    "version-none": (CSR, lambda a: a.metadata.pop("bantam.version")),
    "version-text": (CSR, lambda a: a.metadata.update({"bantam.version": "one"})),
    "version-huge": (CSR, lambda a: a.metadata.update({"bantam.version": "9" * 30})),
    "metadata-unknown-key": (CSR, lambda a: a.metadata.update({"bantam.extra": "1"})),
    "metadata-no-encodings": (CSR, lambda a: a.metadata.pop("bantam.encodings")),
    "metadata-no-checksums": (CSR, lambda a: a.metadata.pop("bantam.checksums")),
    "metadata-no-checksum": (CSR, lambda a: a.metadata.pop("bantam.checksum")),
    "metadata-header-missing": (CSR, lambda a: a.metadata.update({"bantam.header": "nothing"})),
    "metadata-header-is-a-part": (CSR, lambda a: a.metadata.update({"bantam.header": "weight.values"})),
    "checksum-of-header-wrong": (CSR, lambda a: setattr(a, "header_checksum", "0123456789abcdef")),
    "checksum-of-header-upper-case": (CSR, lambda a: setattr(a, "header_checksum", "0123456789ABCDEF")),
    "checksums-short": (CSR, lambda a: setattr(a, "checksums", "AAAAAAAAAAA=")),
    "checksums-not-base64": (CSR, lambda a: setattr(a, "checksums", "!!!!")),
    "checksums-wrong": (CSR, lambda a: setattr(a, "checksums", base64.b64encode(bytes(24)).decode())),
    # Encodings as JSON
    "encodings-not-json": (CSR, lambda a: setattr(a, "encodings", "{")),
    "encodings-an-array": (CSR, lambda a: setattr(a, "encodings", [])),
    "encodings-twice": (CSR, lambda a: setattr(
        a, "encodings", '{"weight":%s,"weight":%s}' % ((json.dumps(a.weight),) * 2))),
    "encodings-number": (CSR, lambda a: a.encodings.update({"weight": 7})),
    "encodings-deep": (CSR, lambda a: a.weight.update(
        {"values": json.loads('{"gaps":"weight.values","values":' * 50 + '"weight.values"' + "}" * 50)})),
    "encodings-very-deep": (CSR, lambda a: setattr(a, "encodings", '{"weight":' * 2000 + "1" + "}" * 2000)),
    "encodings-empty-object": (CSR, lambda a: a.encodings.update({"weight": {}})),
    "encodings-part-missing": (CSR, lambda a: a.weight.pop("row_pointers")),
    "encodings-part-unknown": (CSR, lambda a: a.weight.update({"codebook": "weight.values"})),
    "encodings-part-a-number": (CSR, lambda a: a.weight.update({"row_pointers": 7})),
    "encodings-string": (CSR, lambda a: a.encodings.update({"weight": "weight"})),
    "encodings-array-and-parts": (CSR, lambda a: a.weight.update({"array": "weight"})),
    "encodings-no-dtype": (CSR, lambda a: a.weight.pop("dtype")),
    "encodings-dtype-unknown": (CSR, lambda a: a.weight.update({"dtype": "float31"})),
    "encodings-dtype-another": (CSR, lambda a: a.weight.update({"dtype": "int32"})),
    "encodings-checksum-short": (CSR, lambda a: a.weight.update({"checksum": "12"})),
    "encodings-checksum-wrong": (CSR, lambda a: a.weight.update({"checksum": "0123456789abcdef"})),
    "encodings-checksum-of-kept-wrong": (DENSE, lambda a: a.weight.update({"checksum": "0123456789abcdef"})),
    "encodings-empty": (CSR, lambda a: setattr(a, "encodings", {})),
    # Shapes
    "shape-negative": (CSR, lambda a: a.weight.update({"shape": [-12, 20]})),
    "shape-overflow": (CSR, lambda a: a.weight.update({"shape": [1 << 40, 1 << 40]})),
    "shape-float": (CSR, lambda a: a.weight.update({"shape": [12.0, 20]})),
    "shape-no-elements": (QUANTIZED, lambda a: a.weight.update({"shape": [1 << 50, 0]})),
    "shape-no-matrix": (CSR, lambda a: a.weight.update({"shape": [240]})),
    "shape-terabyte-csr": (CSR, lambda a: a.weight.update({"shape": [12, 1 << 36]})),
    "shape-terabyte-gaps": (GAPS, lambda a: a.weight.update({"shape": [1 << 38]})),
    "shape-largest-gaps": (GAPS, lambda a: a.weight.update({"shape": [(1 << 56) - 1]})),
    "shape-terabyte-low-rank": (FACTORS, low_rank_empty),
    "shape-other": (QUANTIZED, lambda a: a.weight.update({"shape": [20, 12]})),
    # Arrays
    "array-missing": (CSR, lambda a: a.arrays.pop("weight.values")),
    "array-orphan": (CSR, lambda a: set_array(a, "weight.more", b"1234")),
    "array-name-empty": (CSR, lambda a: a.weight.update({"values": ""})),
    "array-name-an-ending": (CSR, lambda a: a.weight.update({"values": ".values"})),
    "array-used-twice": (CSR, lambda a: a.weight.update({"column_indices": "weight.row_pointers"})),
    "array-kept-elsewhere": (DENSE, lambda a: rename(a, "array", "weight.plain")),
    "array-plain-named-coded": (QUANTIZED, lambda a: rename(a, "codes", "weight.codes.coded")),
    "array-bytes-named-coded": (MASK, lambda a: rename(a, "bitmask", "weight.bitmask.coded")),
    "array-coded-named-plain": ("kept-zstd", lambda a: rename(a, "array", "weight")),
    "array-dtype": (QUANTIZED, lambda a: replace(a, "weight.codes", "U8", np.zeros((12, 20), "u1"))),
    "array-scales-short": (QUANTIZED, lambda a: replace(a, "weight.scales", "F32", np.ones(11, "f4"))),
    "array-scales-half": (QUANTIZED, lambda a: replace(a, "weight.scales", "F16", np.ones(12, "f2"))),
    "array-zero-points-wide": ("quantized-affine-none", lambda a: replace(
        a, "weight.zero_points", "I16", np.zeros(12, "i2"))),
    "granularity-unknown": (QUANTIZED, lambda a: a.weight.update({"granularity": "row"})),
    "granularity-zero": (QUANTIZED, lambda a: a.weight.update({"granularity": "group:0"})),
    "granularity-largest": (QUANTIZED, lambda a: a.weight.update({"granularity": f"group:{(1 << 63) - 1}"})),
    "granularity-other": (QUANTIZED, lambda a: a.weight.update({"granularity": "tensor"})),
    "rank-zero": (FACTORS, lambda a: a.weight.update({"rank": 0})),
    "rank-large": (FACTORS, lambda a: a.weight.update({"rank": (1 << 63) - 1})),
    "rank-other": (FACTORS, lambda a: a.weight.update({"rank": 2})),
    # Positions
    "csr-pointers-fall": (CSR, lambda a: replace(
        a, "weight.row_pointers", "U8", np.array([0, 200] + [len(a.arrays["weight.column_indices"][2])] * 11, "u1"))),
    "csr-pointers-end": (CSR, lambda a: replace(a, "weight.row_pointers", "U8", np.zeros(13, "u1"))),
    "csr-pointers-short": (CSR, lambda a: replace(a, "weight.row_pointers", "U8", np.zeros(12, "u1"))),
    "csr-pointers-signed": (CSR, lambda a: replace(a, "weight.row_pointers", "I8", np.zeros(13, "i1"))),
    "csr-column-outside": (CSR, lambda a: replace(
        a, "weight.column_indices", "U8", np.full(len(a.arrays["weight.column_indices"][2]), 20, "u1"))),
    "csr-column-largest": (CSR, lambda a: replace(
        a, "weight.column_indices", "U64",
        np.full(len(a.arrays["weight.column_indices"][2]), (1 << 64) - 1, "u8"))),
    "csr-values-few": (CSR, lambda a: replace(a, "weight.values", "F32", np.ones(3, "f4"))),
    "bitmask-full": (MASK, lambda a: replace(a, "weight.bitmask", "U8", np.full(30, 255, "u1"))),
    "bitmask-short": (MASK, lambda a: replace(a, "weight.bitmask", "U8", np.zeros(29, "u1"))),
    "gaps-beyond": (GAPS, lambda a: replace(
        a, "weight.gaps", "U8", np.full(len(a.arrays["weight.gaps"][2]), 254, "u1"))),
    "gaps-few": (GAPS, lambda a: replace(a, "weight.gaps", "U8", np.zeros(2, "u1"))),
}



def base(archive, digits, reference=None):
    """Says that the base has the tensor; `reference`: what the file says of the base."""
    archive.weight.pop("array")
    archive.weight["base"] = digits
    archive.arrays = {}
    if reference is not None:
        archive.metadata["bantam.base"] = reference


def reference(*digits):
    """The reference to a base with tensors of these checksums."""
    sums = b"".join(struct.pack("<Q", int(d, 16)) for d in digits)
    return json.dumps({"file": "base.safetensors", "checksum": xxhash.xxh3_64_hexdigest(sums)})


def residual(archive, dtype, values, shape=None, original=None):
    """Holds the tensor as a residual, whatever its array is."""
    digits = "0123456789abcdef"
    base(archive, digits, reference(digits))
    archive.weight["xor"] = "weight.xor"
    if shape:
        archive.weight["shape"] = shape
    if original:
        archive.weight["dtype"] = original
    replace(archive, "weight.xor", dtype, values)


def tensor_beside(archive, **changes):
    """A second tensor that is held by the arrays of the first, but for some changes."""
    archive.encodings["other"] = {k: v for k, v in {**archive.weight, **changes}.items() if v is not None}


def source_header(archive, **tensors):
    """Keeps a header of the original file: dtype, shape and bytes of its tensors, one after another."""
    header, at = {}, 0
    for name, (dtype, shape, count) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + count]}
        at += count
    set_array(archive, "bantam.header", json.dumps(header).encode())
    archive.metadata["bantam.header"] = "bantam.header"


def tensor_before(archive):
    """A tensor that is held by a later one."""
    archive.encodings = {"other": dict(archive.weight), "weight": archive.weight}


def chain(archive):
    """A tensor that is held by one that is itself held by another."""
    tensor_beside(archive)
    archive.encodings["third"] = dict(archive.weight, array="other")


WEIGHT = ("F32", [12, 20], 960)
SUM = "0123456789abcdef"
lies |= {
    # Bases
    "base-not-named": (DENSE, lambda a: base(a, a.weight["checksum"])),
    "base-named-for-nothing": (DENSE, lambda a: a.metadata.update({"bantam.base": reference()})),
    "base-reference-not-json": (DENSE, lambda a: base(a, a.weight["checksum"], "base.safetensors")),
    "base-reference-a-number": (DENSE, lambda a: base(a, a.weight["checksum"], '{"file":1,"checksum":2}')),
    "base-reference-with-more": (DENSE, lambda a: base(a, a.weight["checksum"], json.dumps(
        {**json.loads(reference(a.weight["checksum"])), "more": 1}))),
    "base-reference-checksum-wrong": (DENSE, lambda a: base(a, a.weight["checksum"], reference(SUM))),
    "base-reference-of-two": (DENSE, lambda a: base(
        a, a.weight["checksum"], reference(a.weight["checksum"], a.weight["checksum"]))),
    "base-of-other-values": (DENSE, lambda a: base(a, SUM, reference(SUM))),
    "base-checksum-short": (DENSE, lambda a: base(a, "12", reference("12"))),
    "base-a-number": (DENSE, lambda a: base(a, 12, reference("12"))),
    "base-no-elements": (DENSE, lambda a: (
        base(a, a.weight["checksum"], reference(a.weight["checksum"])), a.weight.update({"shape": [0, 20]}))),
    "base-of-a-part": (QUANTIZED, lambda a: (a.weight.update({"codes": {"base": SUM}}), a.arrays.pop("weight.codes"))),
    "base-and-array": (DENSE, lambda a: a.weight.update({"base": SUM})),
    "base-array-orphan": (DENSE, lambda a: (
        base(a, a.weight["checksum"], reference(a.weight["checksum"])), set_array(a, "weight.more", b"1234"))),
    "residual-two-kinds": (DENSE, lambda a: (
        residual(a, "U32", np.zeros((12, 20), "u4")), a.weight.update({"difference": "weight.xor"}))),
    "residual-without-base": (DENSE, lambda a: (
        residual(a, "U32", np.zeros((12, 20), "u4")), a.weight.pop("base"))),
    "residual-a-node": (DENSE, lambda a: (
        residual(a, "U32", np.zeros((12, 20), "u4")),
        a.weight.update({"xor": {"values": "weight.xor", "bitmask": "weight.xor"}}))),
    "residual-narrow": (DENSE, lambda a: residual(a, "U16", np.zeros((12, 20), "u2"))),
    "residual-signed": (DENSE, lambda a: residual(a, "I32", np.zeros((12, 20), "i4"))),
    "residual-short": (DENSE, lambda a: residual(a, "U32", np.zeros((12, 19), "u4"))),
    "residual-of-complex": (DENSE, lambda a: residual(a, "U64", np.zeros(4, "u8"), [4], "complex128")),
    "residual-terabyte": (DENSE, lambda a: residual(a, "U8", np.zeros(4, "u1"), [1 << 40], "uint8")),
    # Shared arrays
    "shared-as-another-dtype": ("kept-zstd", lambda a: tensor_beside(a, dtype="uint32")),
    "shared-as-another-shape": ("kept-zstd", lambda a: tensor_beside(a, shape=[20, 12])),
    "shared-shorter": (QUANTIZED, lambda a: tensor_beside(a, shape=[12, 19])),
    "shared-checksum-wrong": ("kept-zstd", lambda a: tensor_beside(a, checksum=SUM)),
    "shared-part-of-kept": (DENSE, lambda a: tensor_beside(a, **{
        "array": None, "values": "weight", "gaps": "weight"})),
    "shared-plain-with-nothing": (DENSE, lambda a: tensor_beside(a, array="nothing")),
    "shared-plain-with-itself": (DENSE, lambda a: tensor_beside(a, array="other")),
    "shared-plain-with-a-later": (DENSE, tensor_before),
    "shared-plain-with-a-shared": (DENSE, chain),
    "shared-plain-with-a-part": (QUANTIZED, lambda a: tensor_beside(a, **{
        "array": "weight.scales", "shape": [12], "codes": None, "scales": None, "granularity": None})),
    "shared-plain-shorter": (DENSE, lambda a: tensor_beside(a, shape=[12, 19])),
    "shared-plain-longer": (DENSE, lambda a: tensor_beside(a, shape=[1 << 20, 240])),
    "shared-plain-as-another-dtype": (DENSE, lambda a: tensor_beside(a, dtype="uint32")),
    "shared-plain-as-complex": (DENSE, lambda a: tensor_beside(a, dtype="complex128", shape=[60])),
    "shared-plain-checksum-wrong": (DENSE, lambda a: tensor_beside(a, checksum=SUM)),
    # The original file's header
    "header-of-another-shape": (DENSE, lambda a: source_header(a, weight=("F32", [240], 960))),
    "header-of-another-dtype": (DENSE, lambda a: source_header(a, weight=("I32", [12, 20], 960))),
    "header-of-another-name": (DENSE, lambda a: source_header(a, other=WEIGHT)),
    "header-of-more": (DENSE, lambda a: source_header(a, weight=WEIGHT, more=("F32", [0], 0))),
    "header-of-fewer": (DENSE, lambda a: (source_header(a, weight=WEIGHT), tensor_beside(a))),
    "header-not-json": (DENSE, lambda a: (source_header(a), set_array(a, "bantam.header", b"weight"))),
    "shared-header": ("kept-zstd", lambda a: a.metadata.update({"bantam.header": a.weight["array"]})),
}

KEPT = "kept-zstd"
frame = zstandard.ZstdCompressor(level=1).compress
containers = {
    "coded-empty": b"",
    "coded-short": b"\1\2\24",
    "coded-unknown-coder": b"\xc8" + coded(960, frame(bytes(960)))[1:],
    "coded-terabyte": coded(1 << 40, b"12345678", layout=30),
    "coded-largest": coded((1 << 63) - 1, b"12345678" * 10, layout=30, checksum=bytes(8)),
    "coded-block-size": coded(960, frame(bytes(960)), layout=3),
    "coded-reserved-bit": coded(960, frame(bytes(960)), layout=128 + 20),
    "coded-table-beyond": coded(960 * 1024, b"\0" * 100, layout=10, checksum=bytes(8)),
    "coded-noise": coded(960, bytes(range(100))),
    "coded-checksum-wrong": coded(960, frame(bytes(960))),
    "coded-frame-longer": coded(960, frame(bytes(9600))),
    "coded-frame-shorter": coded(960, frame(bytes(96))),
    "coded-dtype-other": coded(960, frame(bytes(960)), dtype=22),
    "coded-dtype-unknown": coded(960, frame(bytes(960)), dtype=77),
    "coded-size-other": coded(961, frame(bytes(961))),
}
for name, data in containers.items():
    lies[name] = (KEPT, lambda a, data=data: set_array(a, "weight.coded", data))

# A gigabyte that is really there, in kilobytes: refused because of what it claims to be, not by luck.
bomb = coded(1 << 30, struct.pack("<1024I", *[len(frame(bytes(1 << 20)))] * 1024) + frame(bytes(1 << 20)) * 1024,
             checksum=bytes(8))
lies["coded-bomb-of-another-shape"] = (KEPT, lambda a: set_array(a, "weight.coded", bomb))


PACKED, PALETTE, ROWS = "quantized-packed-none", "palettized-none", "palettized-rows-none"
SCALES, ROTATED = "quantized-quantized-scales-none", "quantized-rotated-none"


def member(path, value):
    def lie(archive):
        node = archive.weight
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = value
    return lie


def bytes_of(name, change):
    def lie(archive):
        data = bytearray(archive.arrays[name][2])
        change(data)
        archive.arrays[name][1], archive.arrays[name][2] = [len(data)], bytes(data)
    return lie


def set_all(data):
    data[:] = b"\xff" * len(data)


packed_lies = {
    "packed-count-less": (PACKED, member(["codes", "count"], 239)),
    "packed-count-more": (PACKED, member(["codes", "count"], 1 << 62)),
    "packed-count-negative": (PACKED, member(["codes", "count"], -8)),
    "packed-type-unknown": (PACKED, member(["codes", "type"], "int9")),
    "packed-type-wider": (PACKED, member(["codes", "type"], "int4")),
    "packed-type-unsigned": (PACKED, member(["codes", "type"], "uint3")),
    "packed-short": (PACKED, bytes_of("weight.codes.packed", lambda data: data.pop())),
    "packed-long": (PACKED, bytes_of("weight.codes.packed", lambda data: data.append(0))),
    "palette-code-beyond": (PALETTE, bytes_of("weight.codes.packed", set_all)),
    "palette-signed-codes": (PALETTE, member(["codes", "type"], "int3")),
    "palette-rows-zero": (ROWS, member(["rows"], 0)),
    "palette-rows-other": (ROWS, member(["rows"], 2)),
    "palette-rows-text": (ROWS, member(["rows"], "5")),
    "palette-named-as-codes": (PALETTE, member(["codebook"], "weight.codes.packed")),
    "scales-nested-twice": (SCALES, member(["scales", "scales"], {
        "codes": "weight.scales.codes", "scales": "weight.scales.scales", "granularity": "tensor"})),
    "scales-granularity-other": (SCALES, member(["scales", "granularity"], "channel")),
    "rotation-unknown": (ROTATED, member(["rotation"], "givens:7")),
    "rotation-seed-negative": (ROTATED, member(["rotation"], "hadamard:-7")),
    "rotation-seed-beyond": (ROTATED, member(["rotation"], "hadamard:18446744073709551616")),
    "rotation-other": (ROTATED, member(["rotation"], "hadamard:8")),
}
lies.update(packed_lies)

TRELLIS = "trellis-none"


def trellis(place, value, name="weight.indices"):
    def change(data):
        data[place] = value
    return bytes_of(name, change)


def whole(dtype):
    def lie(archive):
        archive.weight["dtype"] = dtype
    return lie


def inside(archive):
    archive.weight["codes"] = {"indices": archive.weight.pop("indices"), "tables": archive.weight.pop("tables")}
    archive.weight["codebook"] = "weight.book"
    archive.arrays["weight.book"] = ["F32", [1], bytes(4)]


def terabyte(archive):
    archive.weight["shape"] = [1 << 20, 1 << 20]


def signed_tables(archive):
    archive.arrays["weight.tables"][0] = "I8"


trellis_lies = {
    "trellis-version": (TRELLIS, trellis(0, 2)),
    "trellis-states": (TRELLIS, trellis(1, 4)),
    "trellis-lanes": (TRELLIS, trellis(2, 31)),
    "trellis-block": (TRELLIS, trellis(3, 63)),
    "trellis-step": (TRELLIS, trellis(7, 0xff)),
    "trellis-header-beyond": (TRELLIS, trellis(8, 0xff)),
    "trellis-short": (TRELLIS, bytes_of("weight.indices", lambda data: data.pop())),
    "trellis-long": (TRELLIS, bytes_of("weight.indices", lambda data: data.append(0))),
    "trellis-tables-short": (TRELLIS, bytes_of("weight.tables", lambda data: data.pop())),
    "trellis-tables-noise": (TRELLIS, bytes_of("weight.tables", set_all)),
    "trellis-tables-signed": (TRELLIS, signed_tables),
    "trellis-tables-missing": (TRELLIS, member(["tables"], "weight.none")),
    "trellis-integers": (TRELLIS, whole("int32")),
    "trellis-as-codes": (TRELLIS, inside),
    "trellis-terabyte": (TRELLIS, terabyte),
}
lies.update(trellis_lies)

CODES, NUMBER = "quantized-trellis-none", "quantized-trellis-zstd"
lies.update({
    "codes-trellis-states": (CODES, member(["trellis"], 16)),
    "codes-trellis-text": (CODES, member(["trellis"], "8")),
    "codes-trellis-zero-points": (CODES, member(["zero_points"], "weight.scales")),
    "codes-trellis-of-sparse": ("quantized-csr-none", member(["trellis"], 8)),
    "codes-trellis-of-int16": ("quantized-int16-none", member(["trellis"], 8)),
    "codes-trellis-other": (CODES, member(["trellis"], 64)),
    "scale-number-infinite": (NUMBER, member(["scales"], 1e39)),
    "scale-number-other": (NUMBER, member(["scales"], 0.25)),
    "scale-number-granularity": (NUMBER, member(["granularity"], "tensor")),
    "scale-number-of-channels": ("quantized-channel-none", member(["scales"], 0.125)),
    "scale-without-granularity": (NUMBER, member(["scales"], "weight.codes.coded")),
    "scale-null": (NUMBER, member(["scales"], None)),
    "codes-a-number": (NUMBER, member(["codes"], 1)),
})

ROWS_ONCE = "several/repeated-rows"


def rows(**changes):
    """Changes members of a tensor with 21 distinct rows of 40, whose arrays are plain."""
    return lambda archive: archive.encodings["noise"].update(changes)


def repeats(change, dtype="u1"):
    """Changes the numbers that say which rows are equal."""
    def lie(archive):
        numbers = np.frombuffer(archive.arrays["noise.repeats"][2], "u1").astype(dtype)
        replace(archive, "noise.repeats", {"u1": "U8", "i1": "I8", "u8": "U64", "f4": "F32"}[dtype], change(numbers))
    return lie


def at(place, value):
    def change(numbers):
        numbers[place] = value
        return numbers
    return change


def rows_of_scales(archive):
    replace(archive, "codes.s", "F32", np.ones((21, 4), "f4"))
    replace(archive, "codes.r", "U8", np.frombuffer(archive.arrays["noise.repeats"][2], "u1"))
    archive.encodings["codes"].update(
        granularity="group:8", scales={"distinct": "codes.s", "repeats": "codes.r", "rows": 21})


def rows_of_values(archive):
    replace(archive, "noise.bitmask", "U8", np.full(20, 255, "u1"))
    node = archive.encodings["noise"]
    node.update(values={part: node.pop(part) for part in ("distinct", "repeats", "rows")}, bitmask="noise.bitmask")


lies.update({
    "rows-repeat-beyond": (ROWS_ONCE, repeats(at(39, 22))),
    "rows-repeat-largest": (ROWS_ONCE, repeats(at(39, (1 << 64) - 1), "u8")),
    "rows-repeat-a-later": (ROWS_ONCE, repeats(at(1, 2))),
    "rows-repeat-at-once": (ROWS_ONCE, repeats(at(0, 1))),
    "rows-all-distinct": (ROWS_ONCE, repeats(at(slice(0, 40), 0))),
    "rows-one-less-distinct": (ROWS_ONCE, repeats(at(19, 1))),
    "rows-repeats-signed": (ROWS_ONCE, repeats(at(0, 0), "i1")),
    "rows-repeats-floats": (ROWS_ONCE, repeats(at(0, 0), "f4")),
    "rows-repeats-short": (ROWS_ONCE, repeats(lambda numbers: numbers[:39])),
    "rows-repeats-long": (ROWS_ONCE, repeats(lambda numbers: np.append(numbers, numbers[:1]))),
    "rows-repeats-a-node": (ROWS_ONCE, rows(repeats={"distinct": "noise.repeats"})),
    "rows-count-zero": (ROWS_ONCE, rows(rows=0)),
    "rows-count-less": (ROWS_ONCE, rows(rows=20)),
    "rows-count-more": (ROWS_ONCE, rows(rows=41)),
    "rows-count-largest": (ROWS_ONCE, rows(rows=(1 << 63) - 1)),
    "rows-count-text": (ROWS_ONCE, rows(rows="21")),
    "rows-shape-other": (ROWS_ONCE, rows(shape=[20, 8])),
    "rows-shape-a-vector": (ROWS_ONCE, rows(shape=[160])),
    "rows-shape-empty": (ROWS_ONCE, rows(shape=[40, 0])),
    "rows-shape-terabyte": (ROWS_ONCE, rows(shape=[40, 1 << 36])),
    "rows-shape-many": (ROWS_ONCE, rows(shape=[1 << 40, 4])),
    "rows-dtype-other": (ROWS_ONCE, rows(dtype="uint64")),
    "rows-checksum-wrong": (ROWS_ONCE, rows(checksum="0123456789abcdef")),
    "rows-with-a-base": (ROWS_ONCE, rows(base="0123456789abcdef")),
    "rows-within-rows": (ROWS_ONCE, rows(
        distinct={"distinct": "noise.distinct", "repeats": "noise.repeats", "rows": 21})),
    "rows-sparse": (ROWS_ONCE, rows(distinct={"values": "noise.distinct", "bitmask": "noise.repeats"})),
    "rows-packed-alone": (ROWS_ONCE, lambda a: a.encodings.update(small={
        **{part: a.encodings["small"][part] for part in ("dtype", "shape", "checksum")}, **a.encodings["small"]["codes"]})),
    "rows-of-scales": (ROWS_ONCE, rows_of_scales),
    "rows-of-values": (ROWS_ONCE, rows_of_values),
    "rows-of-trellis-indices": (ROWS_ONCE, lambda a: a.encodings["codes"].update(trellis=8)),
})

for old in here.glob("*.safetensors"):
    old.unlink()
for name, (source, lie) in lies.items():
    hostile(source, name)(lie)
print(len(lies), "files")
