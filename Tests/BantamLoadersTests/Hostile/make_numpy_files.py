"""Writes npy, npz and manifest files that break one rule each, and beside them what the reader has to say.

expected in each folder (JSON): file name -> [kind of error, a part of the message].
"""
import io
import json
import pathlib
import struct
import zipfile
import zlib

here = pathlib.Path(__file__).parent
expected = {}


def put(folder, name, data, kind, message):
    (here / folder).mkdir(exist_ok=True)
    (here / folder / name).write_bytes(data)
    expected.setdefault(folder, {})[name] = [kind, message]


# npy ------------------------------------------------------------------------------------------------


def npy(text, data=bytes(24), version=(1, 0), length=None, pad=True):
    head = b"\x93NUMPY" + bytes(version)
    text = text.encode("latin1") if isinstance(text, str) else text
    if pad:
        text += b" " * (-(len(head) + 2 + len(text) + 1) % 64) + b"\n"
    length = len(text) if length is None else length
    return head + struct.pack("<H" if version[0] == 1 else "<I", length) + text + data


def header(descr="'<f4'", order="False", shape="(2, 3)"):
    return "{'descr': %s, 'fortran_order': %s, 'shape': %s, }" % (descr, order, shape)


good = npy(header())
for name, data, kind, message in [
    ("empty", b"", "insufficientData", "magic"),
    ("magic_only", b"\x93NUMPY", "insufficientData", "header"),
    ("other_magic", b"\x93NUMPX" + good[6:], "corruption", "magic"),
    ("version_0", npy(header(), version=(0, 0)), "compatibility", "found 0.0"),
    ("version_4", npy(header(), version=(4, 0)), "compatibility", "found 4.0"),
    ("version_1_1", npy(header(), version=(1, 1)), "compatibility", "found 1.1"),
    ("header_beyond_end", npy(header(), length=60000), "insufficientData", "60000"),
    ("header_of_gigabytes", npy(header(), version=(2, 0), length=0xFFFFFFFF), "corruption", "at most 1048576"),
    ("header_cut", npy(header(), length=20), "corruption", "end of a string"),
    ("header_empty", npy("", pad=False), "corruption", "'{'"),
    ("no_newline", npy(header() + "   ", pad=False), "corruption", "newline"),
    ("two_newlines", npy(header() + "\n\n", pad=False), "corruption", "newline"),
    ("text_after", npy(header() + "x"), "corruption", "newline"),
    ("expression", npy("dict(descr='<f4')"), "corruption", "'{'"),
    ("import", npy(header("__import__('os').system('true')")), "corruption", "quoted string"),
    ("sum", npy(header(shape="(1+1, 3)")), "corruption", "found '+'"),
    ("escape", npy(header("'<\\x66 4'")), "corruption", "end of a string"),
    ("key_missing", npy("{'descr': '<f4', 'shape': (2, 3), }"), "corruption", "'fortran_order'"),
    ("key_twice", npy(header()[:-1] + "'shape': (2, 3), }"), "corruption", "'shape' once"),
    ("key_unknown", npy(header()[:-1] + "'x': 1, }"), "corruption", "found 'x'"),
    ("key_unquoted", npy("{descr: '<f4'}"), "corruption", "quoted string"),
    ("no_comma", npy("{'descr': '<f4' 'fortran_order': False}"), "corruption", "expected '}'"),
    ("order_number", npy(header(order="0")), "corruption", "True or False"),
    ("order_lower", npy(header(order="false")), "corruption", "True or False"),
    ("shape_number", npy(header(shape="6")), "corruption", "'('"),
    ("shape_list", npy(header(shape="[2, 3]")), "corruption", "'('"),
    ("shape_no_tuple", npy(header(shape="(6)")), "corruption", "a comma in a shape"),
    ("shape_negative", npy(header(shape="(-2, -3)")), "corruption", "length of zero or more"),
    ("shape_fraction", npy(header(shape="(2.0, 3)")), "corruption", "found '.'"),
    ("shape_octal", npy(header(shape="(02, 3)")), "corruption", "leading zero"),
    ("shape_nested", npy(header(shape="((2,), 3)")), "corruption", "length of zero or more"),
    ("shape_open", npy(header(shape="(2, 3")), "corruption", "length of zero or more"),
    ("shape_long_digit", npy(header(shape="(99999999999999999999, 3)")), "corruption", "below 2"),
    ("shape_overflow", npy(header(shape="(4294967296, 4294967296)")), "corruption", "can be counted"),
    ("shape_overflow_zero", npy(header(shape="(9223372036854775807, 9223372036854775807, 0)")),
     "corruption", "can be counted"),
    ("shape_bytes_overflow", npy(header("'<c16'", shape="(1152921504606846976,)")), "corruption", "can be counted"),
    ("shape_huge", npy(header(shape="(1000000000000,)")), "insufficientData", "4000000000000 bytes"),
    ("long_suffix_version_3", npy(header(shape="(2L, 3L)"), version=(3, 0)), "corruption", "found 'L'"),
    ("not_utf8", npy(header("'<f4\xff'"), version=(3, 0)), "corruption", "UTF-8"),
    ("data_short", good[:-1], "insufficientData", "expected 24 bytes"),
    ("data_none", good[:-24], "insufficientData", "found 0"),
    ("data_long", good + b"\0", "corruption", "1 more"),
    ("object", npy(header("'|O'")), "compatibility", "never unpickled"),
    ("object_pickle", npy(header("'O'"), b"cos\nsystem\n(S'true'\ntR."), "compatibility", "never unpickled"),
    ("long_double", npy(header("'<f16'")), "compatibility", "long double"),
    ("long_double_x86", npy(header("'<f12'")), "compatibility", "long double"),
    ("long_double_complex", npy(header("'<c32'")), "compatibility", "long double"),
    ("structured", npy(header("[('a', '<f4'), ('b', '<i4')]")), "compatibility", "structured"),
    ("subarray", npy(header("('<f4', (2,))")), "compatibility", "structured"),
    ("bytes", npy(header("'|S4'")), "compatibility", "strings"),
    ("unicode", npy(header("'<U4'")), "compatibility", "strings"),
    ("datetime", npy(header("'<M8[ns]'")), "compatibility", "dates"),
    ("timedelta", npy(header("'<m8[s]'")), "compatibility", "dates"),
    ("void", npy(header("'|V2'")), "compatibility", "bfloat16"),
    ("type_unknown", npy(header("'<f3'")), "compatibility", "'<f3'"),
    ("type_empty", npy(header("''")), "compatibility", "''"),
    ("type_control", npy(header("'<f4\x7f'")), "compatibility", "not a numeric type"),
]:
    put("npy", name + ".npy", data, kind, message)

# npz ------------------------------------------------------------------------------------------------

member = npy(header(), bytes(range(24)))


def archive(*members, method=zipfile.ZIP_STORED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as out:
        for name, data in members or [("a.npy", member)]:
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            out.writestr(info, data)
    return bytearray(file.getvalue())


def change(data, signature, offset, form, value, which=0):
    """Overwrites a number `offset` bytes behind the which-th place of a signature."""
    data = bytearray(data)
    position = -1
    for _ in range(which + 1):
        position = data.index(signature, position + 1)
    struct.pack_into(form, data, position + offset, value)
    return data


LOCAL, CENTRAL, END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
stored = archive()
deflated = archive(method=zipfile.ZIP_DEFLATED)
two = archive(("a.npy", member), ("b.npy", member))


def both(data, local, central, form, value):
    return change(change(data, LOCAL, local, form, value), CENTRAL, central, form, value)


def compressed(stream, size, checksum=0):
    """An archive with one deflated member of any content, with honest compressed size."""
    data = archive(("a.npy", stream))
    data = both(data, 8, 10, "<H", 8)
    data = both(data, 14, 16, "<I", checksum)
    return both(data, 22, 24, "<I", size)


def deflate(data):
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


zip64 = io.BytesIO()
limits = zipfile.ZIP64_LIMIT
zipfile.ZIP64_LIMIT = 10
with zipfile.ZipFile(zip64, "w") as out:
    with out.open(zipfile.ZipInfo("a.npy"), "w", force_zip64=True) as file:
        file.write(member)
zipfile.ZIP64_LIMIT = limits
zip64 = zip64.getvalue()
RECORD, LOCATOR = b"PK\x06\x06", b"PK\x06\x07"

bomb = npy(header(shape="(250000000,)"), b"")
streamed = bytearray(archive())
streamed = both(streamed, 6, 8, "<H", 8)

for name, data, kind, message in [
    ("empty", b"", "insufficientData", "22 bytes"),
    ("no_end_record", stored[:-22], "corruption", "end record"),
    ("comment_cut", change(stored, END, 20, "<H", 5), "corruption", "end record"),
    ("text_after", stored + b"x", "corruption", "end record"),
    ("text_before", b"x" + stored, "corruption", "to end at byte"),
    ("several_disks", change(stored, END, 4, "<H", 1), "compatibility", "several parts"),
    ("entries_elsewhere", change(stored, END, 8, "<H", 0), "compatibility", "several parts"),
    ("fewer_entries", change(change(two, END, 8, "<H", 1), END, 10, "<H", 1), "corruption", "bytes more"),
    ("more_entries", change(change(stored, END, 8, "<H", 9), END, 10, "<H", 9), "insufficientData", "directory"),
    ("directory_offset", change(stored, END, 16, "<I", 0xFFFFFFF0), "corruption", "to end at byte"),
    ("directory_size", change(stored, END, 12, "<I", 1), "corruption", "to end at byte"),
    ("directory_signature", change(stored, CENTRAL, 0, "<I", 0), "corruption", "directory entry"),
    ("directory_name_length", change(stored, CENTRAL, 28, "<H", 60000), "insufficientData", "directory"),
    ("member_on_disk_1", change(stored, CENTRAL, 34, "<H", 1), "compatibility", "several parts"),
    ("local_offset", change(stored, CENTRAL, 42, "<I", 0xFFFFFF00), "insufficientData", "local header"),
    ("local_signature", change(stored, LOCAL, 0, "<I", 0), "corruption", "local header"),
    ("local_name", change(stored, LOCAL, 30, "<B", ord("z")), "corruption", "contradicts"),
    ("local_size", change(stored, LOCAL, 22, "<I", 5), "corruption", "contradicts"),
    ("local_compressed_size", change(stored, LOCAL, 18, "<I", 5), "corruption", "contradicts"),
    ("local_checksum", change(stored, LOCAL, 14, "<I", 5), "corruption", "contradicts"),
    ("local_method", change(stored, LOCAL, 8, "<H", 8), "corruption", "contradicts"),
    ("local_flags", change(stored, LOCAL, 6, "<H", 2), "corruption", "contradicts"),
    ("local_name_length", change(stored, LOCAL, 26, "<H", 60000), "insufficientData", "local header"),
    ("size_beyond_end", both(both(stored, 18, 20, "<I", 99999), 22, 24, "<I", 99999), "insufficientData", "99999"),
    ("stored_sizes_differ", both(stored, 22, 24, "<I", 5), "corruption", "stored member of 5 bytes"),
    ("encrypted", both(stored, 6, 8, "<H", 1), "compatibility", "encrypted"),
    ("strongly_encrypted", both(stored, 6, 8, "<H", 65), "compatibility", "encrypted"),
    ("patch", both(stored, 6, 8, "<H", 32), "compatibility", "flags"),
    ("bzip2", archive(method=zipfile.ZIP_BZIP2), "compatibility", "found 12"),
    ("lzma", both(stored, 8, 10, "<H", 14), "compatibility", "found 14"),
    ("overlap", change(two, CENTRAL, 42, "<I", 0, which=1), "corruption", "contradicts"),
    ("same_member_twice", change(
        change(change(two, CENTRAL, 42, "<I", 0, which=1), CENTRAL, 46, "<B", ord("a"), which=1),
        CENTRAL, 46, "<B", ord("a")), "corruption", "this name"),
    ("names_twice", change(change(two, CENTRAL, 46, "<B", ord("a"), which=1), LOCAL, 30, "<B", ord("a"), which=1),
     "corruption", "this name"),
    ("name_parent", archive(("../a.npy", member)), "corruption", "leads out"),
    ("name_inner_parent", archive(("a/../../b.npy", member)), "corruption", "leads out"),
    ("name_backslash_parent", archive(("a\\..\\b.npy", member)), "corruption", "leads out"),
    ("name_absolute", archive(("/a.npy", member)), "corruption", "leads out"),
    ("name_nul", change(change(stored, CENTRAL, 46, "<B", 0), LOCAL, 30, "<B", 0), "corruption", "leads out"),
    ("name_latin1", change(change(stored, CENTRAL, 46, "<B", 0xE4), LOCAL, 30, "<B", 0xE4), "corruption", "UTF-8"),
    ("name_only_suffix", archive((".npy", member)), "compatibility", "name in .npy"),
    ("not_npy", archive(("readme.txt", b"hello")), "compatibility", "readme.txt"),
    ("pickle", archive(("a.pkl", b"cos\nsystem\n(S'true'\ntR.")), "compatibility", "a.pkl"),
    ("object", archive(("a.npy", npy(header("'|O'")))), "compatibility", "never unpickled"),
    ("inner_magic", archive(("a.npy", b"hello hello hello")), "corruption", "magic"),
    ("inner_empty", archive(("a.npy", b"")), "insufficientData", "magic"),
    ("inner_short", archive(("a.npy", member[:-1])), "insufficientData", "24 bytes"),
    ("inner_long", archive(("a.npy", member + b"x")), "corruption", "1 more"),
    ("inner_deflated_short", archive(("a.npy", member[:-1]), method=zipfile.ZIP_DEFLATED),
     "insufficientData", "24 bytes"),
    ("checksum_stored", both(stored, 14, 16, "<I", 5), "corruption", "CRC-32 00000005"),
    ("checksum_deflated", both(deflated, 14, 16, "<I", 5), "corruption", "CRC-32 00000005"),
    ("bomb_claimed", compressed(deflate(bomb), len(bomb) + 1000000000), "corruption", "cannot hold"),
    ("bomb_ratio", compressed(deflate(bomb + bytes(100)), len(bomb) + 100), "insufficientData", "1000000000 bytes"),
    ("deflate_garbage", compressed(b"\xff" * 200, len(member)), "corruption", "damaged"),
    ("deflate_cut", compressed(deflate(member)[:-4], len(member)), "insufficientData", "cut off"),
    ("deflate_ends_early", compressed(deflate(member[:-1]), len(member)), "corruption", "ends before"),
    ("deflate_goes_on", compressed(deflate(member + b"x"), len(member)), "corruption", "goes on"),
    ("deflate_followed", compressed(deflate(member) + b"x", len(member), zlib.crc32(member)), "corruption", "1 bytes follow"),
    ("deflate_nothing", compressed(b"", len(member)), "corruption", "cannot hold"),
    ("descriptor_missing", streamed, "corruption", "descriptor"),
    ("zip64_record_missing", change(zip64, RECORD, 0, "<I", 0), "corruption", "zip64 end record"),
    ("zip64_record_size", change(zip64, RECORD, 4, "<Q", 43), "corruption", "impossible size"),
    ("zip64_record_huge", change(zip64, RECORD, 4, "<Q", 2**64 - 1), "corruption", "below 2"),
    ("zip64_locator_beyond", change(zip64, LOCATOR, 8, "<Q", 2**62), "insufficientData", "zip64 end record"),
    ("zip64_several_disks", change(zip64, LOCATOR, 16, "<I", 2), "compatibility", "several parts"),
    ("zip64_entry_counts", change(zip64, RECORD, 24, "<Q", 7), "compatibility", "several parts"),
    ("zip64_contradiction", change(change(zip64, RECORD, 24, "<Q", 2), RECORD, 32, "<Q", 2), "corruption", "contradict"),
    ("zip64_directory_offset", change(change(zip64, RECORD, 48, "<Q", 2**63 - 1), END, 16, "<I", 2**32 - 1),
     "corruption", "to end at byte"),
    ("zip64_size", change(zip64, CENTRAL, 46 + 5 + 4, "<Q", 2**63), "corruption", "below 2"),
    ("zip64_size_overflow", change(change(zip64, CENTRAL, 46 + 5 + 4, "<Q", 2**63 - 1), LOCAL, 30 + 5 + 4, "<Q", 2**63 - 1),
     "corruption", "a stored member"),
    ("zip64_field_missing", change(stored, CENTRAL, 20, "<I", 0xFFFFFFFF), "corruption", "contradicts"),
]:
    put("npz", name + ".npz", bytes(data), kind, message)

# manifests ------------------------------------------------------------------------------------------

(here / "manifest").mkdir(exist_ok=True)
(here / "manifest" / "data.bin").write_bytes(bytes(range(24)))
fine = {"name": "a", "file": "data.bin", "dtype": "float32", "shape": [2, 3]}


def manifest(**changes):
    item = {key: value for key, value in {**fine, **changes}.items() if value is not ...}
    return json.dumps({"tensors": [item]}).encode()


for name, data, kind, message in [
    ("empty", b"", "corruption", "JSON"),
    ("not_json", b"tensors: []", "corruption", "JSON"),
    ("array", b"[]", "corruption", "an object"),
    ("no_tensors", b"{}", "corruption", "'tensors'"),
    ("tensors_object", b'{"tensors": {}}', "corruption", "an array"),
    ("tensors_numbers", b'{"tensors": [1]}', "corruption", "an object"),
    ("unknown_top_key", b'{"tensors": [], "version": 1}', "corruption", "'version'"),
    ("unknown_key", manifest(byteorder="big"), "corruption", "'byteorder'"),
    ("key_twice", b'{"tensors": [], "tensors": []}', "corruption", "twice"),
    ("name_missing", manifest(name=...), "corruption", "'name'"),
    ("name_number", manifest(name=1), "corruption", "'name'"),
    ("name_empty", manifest(name=""), "corruption", "'name'"),
    ("name_twice", json.dumps({"tensors": [fine, fine]}).encode(), "corruption", "occurs twice"),
    ("file_missing", manifest(file=...), "corruption", "'file'"),
    ("file_empty", manifest(file=""), "corruption", "inside the folder"),
    ("file_absolute", manifest(file="/etc/hostname"), "corruption", "inside the folder"),
    ("file_parent", manifest(file="../manifest/data.bin"), "corruption", "inside the folder"),
    ("file_inner_parent", manifest(file="x/../data.bin"), "corruption", "inside the folder"),
    ("file_nul", manifest(file="data.bin\0.txt"), "corruption", "inside the folder"),
    ("file_not_there", manifest(file="nothing.bin"), "missingInput", "nothing.bin"),
    ("file_folder", manifest(file="."), "corruption", "inside the folder"),
    ("dtype_missing", manifest(dtype=...), "corruption", "'dtype'"),
    ("dtype_unknown", manifest(dtype="float31"), "compatibility", "float31"),
    ("dtype_number", manifest(dtype=32), "corruption", "'dtype'"),
    ("dtype_partial_byte", manifest(dtype="float4", shape=[3]), "corruption", "whole bytes"),
    ("shape_missing", manifest(shape=...), "corruption", "'shape'"),
    ("shape_number", manifest(shape=6), "corruption", "'shape'"),
    ("shape_negative", manifest(shape=[-2, -3]), "corruption", "'shape'"),
    ("shape_fraction", manifest(shape=[2.0, 3]), "corruption", "'shape'"),
    ("shape_overflow", manifest(shape=[2**32, 2**32]), "corruption", "'shape'"),
    ("shape_too_large", manifest(shape=[7]), "insufficientData", "expected 28 bytes"),
    ("offset_negative", manifest(offset=-1), "corruption", "'offset'"),
    ("offset_text", manifest(offset="0"), "corruption", "'offset'"),
    ("offset_beyond", manifest(offset=25), "insufficientData", "found 0"),
    ("offset_pushes_out", manifest(offset=1), "insufficientData", "found 23"),
    ("offset_huge", manifest(offset=2**63 - 1), "insufficientData", "found 0"),
    ("order_unknown", manifest(byte_order="middle"), "corruption", "'byte_order'"),
    ("order_boolean", manifest(byte_order=True), "corruption", "'byte_order'"),
]:
    put("manifest", name + ".json", data, kind, message)

for folder, lines in expected.items():
    text = ",\n".join(json.dumps(name) + ": " + json.dumps(what) for name, what in lines.items())
    (here / folder / "expected").write_text("{\n" + text + "\n}\n")
