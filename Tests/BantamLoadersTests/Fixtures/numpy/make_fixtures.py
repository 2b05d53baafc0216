"""Writes what NumPy writes, for the readers and writers of npy and npz to be compared with.

npy_cases.json: for every dtype and shape the elements as little-endian C-ordered bytes, and npy files of
them in every version, order and byte order. npz/*.npz hold the arrays of npz/expected.json.
"""
import base64
import io
import json
import pathlib
import zipfile

import numpy
from numpy.lib import _format_impl, format

here = pathlib.Path(__file__).parent
names = {
    "f2": "float16", "f4": "float32", "f8": "float64", "b1": "bool",
    "i1": "int8", "i2": "int16", "i4": "int32", "i8": "int64",
    "u1": "uint8", "u2": "uint16", "u4": "uint32", "u8": "uint64",
    "c8": "complex64", "c16": "complex128",
}
shapes = {"scalar": (), "empty": (3, 0, 2), "1d": (5,), "2d": (3, 4), "3d": (2, 3, 4)}


def values(code, shape, seed=1):
    """Elements with bytes that differ from each other, so that a misplaced one shows."""
    generator = numpy.random.Generator(numpy.random.PCG64(seed))
    count = int(numpy.prod(shape))
    if code == "b1":
        return generator.integers(0, 2, count).astype(bool).reshape(shape)
    if code[0] == "c":
        parts = generator.standard_normal((2, count))
        return (parts[0] + 1j * parts[1]).astype("<" + code).reshape(shape)
    if code[0] == "f":
        return generator.standard_normal(count).astype("<" + code).reshape(shape)
    limits = numpy.iinfo("<" + code)
    return generator.integers(limits.min, limits.max, count, dtype="<" + code, endpoint=True).reshape(shape)


def npy(array, version, fortran):
    """As numpy.lib.format writes it, but with the order given rather than chosen."""
    file = io.BytesIO()
    header = {"descr": format.dtype_to_descr(array.dtype), "fortran_order": fortran, "shape": array.shape}
    _format_impl._write_array_header(file, header, version)
    file.write(array.tobytes("F" if fortran else "C"))
    file.seek(0)
    assert numpy.array_equal(format.read_array(file, allow_pickle=False), array)
    return file.getvalue()


def text(data):
    return base64.b64encode(data).decode()


cases = []
for code, dtype in names.items():
    for label, shape in shapes.items():
        array = values(code, shape)
        saved = io.BytesIO()
        numpy.save(saved, array)
        files = [
            {"version": version, "fortran": fortran, "order": order,
             "bytes": text(npy(array.astype(array.dtype.newbyteorder(order)), (version, 0), fortran))}
            for version in (1, 2, 3) for fortran in (False, True) for order in "<>"
        ]
        cases.append({"dtype": dtype, "shape": list(shape), "elements": text(array.tobytes()),
                      "saved": text(saved.getvalue()), "files": files})
# Shapes whose headers change length, the last one too long for version 1.0.
for shape in [(1234567, 0), (0, 123456789012), (1,) * 30, (0,) + (1,) * 63]:
    saved = io.BytesIO()
    numpy.save(saved, numpy.zeros(shape, "<f4"))
    cases.append({"dtype": "float32", "shape": list(shape), "elements": text(numpy.zeros(shape, "<f4").tobytes()),
                  "saved": text(saved.getvalue()), "files": []})
header = io.BytesIO()
axes = (1,) * 30000
_format_impl._write_array_header(header, {"descr": "|u1", "fortran_order": False, "shape": axes}, (2, 0))
(here / "long_header.npy").write_bytes(header.getvalue() + b"\x07")
(here / "npy_cases.json").write_text(
    "[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n")


class Pipe(io.RawIOBase):
    """A file that cannot seek, so that zipfile writes data descriptors."""

    def __init__(self):
        self.data = bytearray()

    def writable(self):
        return True

    def seekable(self):
        return False

    def write(self, data):
        self.data += data
        return len(data)


arrays = {
    "fc1.weight": values("f4", (6, 5), 2),
    "fc1.bias": values("f4", (6,), 3),
    "fortran": numpy.asfortranarray(values("f8", (4, 3, 2), 4)),
    "big": values("i4", (3, 3), 5).astype(">i4"),
    "half": values("f2", (7,), 6),
    "scalar": values("i8", (), 7),
    "empty": values("f4", (0, 4), 8),
    "mask": values("b1", (2, 2), 9),
    "complex": values("c16", (2,), 10),
    "block/0/größe": values("u2", (3,), 11),
    "zeros": numpy.zeros((40, 25), "<f4"),
}
folder = here / "npz"
folder.mkdir(exist_ok=True)
(folder / "expected.json").write_text(json.dumps(
    [{"name": name, "dtype": array.dtype.name, "shape": list(array.shape),
      "elements": text(array.astype(array.dtype.newbyteorder("<")).tobytes("C"))}
     for name, array in arrays.items()], indent=0, ensure_ascii=False))


def archive(target, method, force_zip64):
    with zipfile.ZipFile(target, "w", method) as file:
        for name, array in arrays.items():
            info = zipfile.ZipInfo(name + ".npy", (1980, 1, 1, 0, 0, 0))
            info.compress_type = method
            with file.open(info, "w", force_zip64=force_zip64) as member:
                format.write_array(member, array, allow_pickle=False)


numpy.savez(folder / "savez.npz", **arrays)
numpy.savez_compressed(folder / "savez_compressed.npz", **arrays)
for label, method in [("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)]:
    for force in (False, True):
        pipe = Pipe()
        archive(pipe, method, force)
        (folder / f"streamed_{label}{'_zip64' if force else ''}.npz").write_bytes(pipe.data)
limits = zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT
zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = 100, 2
for label, method in [("stored", zipfile.ZIP_STORED), ("deflated", zipfile.ZIP_DEFLATED)]:
    archive(folder / f"zip64_{label}.npz", method, True)
zipfile.ZIP64_LIMIT, zipfile.ZIP_FILECOUNT_LIMIT = limits
numpy.savez(folder / "nothing.npz")
for path in folder.glob("*.npz"):
    with numpy.load(path) as loaded:
        if path.name != "nothing.npz":
            assert all(numpy.array_equal(loaded[name], array) for name, array in arrays.items()), path
