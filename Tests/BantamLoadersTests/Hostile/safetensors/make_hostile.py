"""Writes the hostile safetensors files of this folder, one fault each, named after it.

Needs nothing but Python: python make_hostile.py
"""

import json
import pathlib

HERE = pathlib.Path(__file__).parent
GOOD = {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}


def raw(name, content):
    (HERE / (name + ".safetensors")).write_bytes(content)


def header(name, text, data=b"\0\1\2\3", length=None):
    text = text if isinstance(text, bytes) else text.encode()
    raw(name, (len(text) if length is None else length).to_bytes(8, "little") + text + data)


def tensor(name, data=b"\0\1\2\3", **changes):
    entry = {**GOOD, **changes}
    header(name, json.dumps({"a": {k: v for k, v in entry.items() if v is not ...}}, separators=(",", ":")), data)


def tensors(name, *entries, data=b"\0\1\2\3"):
    pairs = {chr(97 + i): {"dtype": "U8", "shape": [e - b], "data_offsets": [b, e]} for i, (b, e) in enumerate(entries)}
    header(name, json.dumps(pairs, separators=(",", ":")), data)


good = json.dumps({"a": GOOD}, separators=(",", ":"))
entry = good[5:-1]

raw("empty", b"")
raw("seven_bytes", b"\2\0\0\0\0\0\0")
raw("length_only", (16).to_bytes(8, "little"))
header("header_zero_long", "")
header("header_length_beyond_file", good, length=1000)
header("header_length_over_limit", good, length=100_000_001)
header("header_length_huge", good, length=2**64 - 1)
header("header_length_sign_bit", good, length=2**63)
header("header_length_one_short", good, length=len(good) - 1)
header("header_length_one_long", good, length=len(good) + 1)
header("leading_blank", " " + good)
header("leading_newline", "\n" + good)
header("byte_order_mark", b"\xef\xbb\xbf" + good.encode())
header("trailing_newline", good + "\n")
header("trailing_zero", good + "\0")
header("trailing_newline_then_blank", good + "\n ")
header("trailing_garbage", good + "x")
header("two_documents", good + "{}")
header("not_json", "{nonsense")
header("array", "[1,2]")
header("unterminated", good[:-1])
header("trailing_comma", good[:-1] + ",}")
header("single_quotes", good.replace('"', "'"))
header("not_utf8", good.encode().replace(b'"a"', b'"\xff"'))
header("overlong_utf8", good.encode().replace(b'"a"', b'"\xc0\x80"'))
header("lone_surrogate", good.replace('"a"', '"\\ud800"'))
header("control_character", good.replace('"a"', '"a\x01"'))
header("deep_nesting", '{"a":' * 2_000)
header("deep_arrays", '{"a":' + "[" * 2_000)
header("duplicate_tensor", '{"a":' + entry + ',"a":' + entry + "}")
header("duplicate_tensor_by_escape", '{"a":' + entry + ',"\\u0061":' + entry + "}")
header("duplicate_metadata", '{"__metadata__":{},"__metadata__":{},"a":' + entry + "}")
header("duplicate_metadata_key", '{"__metadata__":{"k":"1","k":"2"},"a":' + entry + "}")
header("duplicate_dtype", good.replace('"dtype":"U8"', '"dtype":"U8","dtype":"I8"'))
header("duplicate_offsets", good.replace('[0,4]', '[0,4],"data_offsets":[0,4]'))
header("names_equal_to_unicode",
       '{"\u00e9":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"e\u0301":{"dtype":"U8","shape":[2],"data_offsets":[2,4]}}')
header("metadata_number", '{"__metadata__":{"k":1},"a":' + entry + "}")
header("metadata_null", '{"__metadata__":null,"a":' + entry + "}")
header("metadata_nested", '{"__metadata__":{"k":{"l":"m"}},"a":' + entry + "}")
header("metadata_string", '{"__metadata__":"k","a":' + entry + "}")
header("entry_null", '{"a":null}')
header("entry_array", '{"a":["U8",[4],[0,4]]}')
tensor("dtype_missing", dtype=...)
tensor("dtype_number", dtype=8)
tensor("dtype_unknown", dtype="U9")
tensor("dtype_lower_case", dtype="u8")
tensor("shape_missing", shape=...)
tensor("shape_null", shape=None)
tensor("shape_string", shape="4")
tensor("shape_of_strings", shape=["4"])
tensor("shape_negative", shape=[-4])
tensor("shape_two_negatives", shape=[-2, -2])
tensor("shape_fraction", shape=[4.5])
tensor("shape_floating", shape=[4.0])
tensor("shape_overflow", shape=[2**32, 2**32])
tensor("shape_overflow_to_four", shape=[2**62 + 1, 4])
tensor("shape_bytes_overflow", dtype="F64", shape=[2**61])
tensor("shape_axis_over_64_bits", shape=[2**64])
tensor("shape_axis_minus_zero_text", shape=[4, -1])
tensor("shape_too_small", shape=[3])
tensor("shape_too_large", shape=[5])
tensor("dtype_too_wide", dtype="U16")
tensor("sub_byte_not_whole", dtype="F4", shape=[7])
tensor("six_bits_not_whole", dtype="F6_E2M3", shape=[5])
tensor("offsets_missing", data_offsets=...)
tensor("offsets_null", data_offsets=None)
tensor("offsets_none", data_offsets=[])
tensor("offsets_one", data_offsets=[0])
tensor("offsets_three", data_offsets=[0, 4, 4])
tensor("offsets_reversed", data_offsets=[4, 0])
tensor("offsets_negative", data_offsets=[-4, 0])
tensor("offsets_fraction", data_offsets=[0.0, 4.0])
tensor("offsets_beyond_file", shape=[5], data_offsets=[0, 5])
tensor("offsets_huge", data_offsets=[2**63 - 5, 2**63 - 1])
tensor("offsets_over_64_bits", data_offsets=[0, 2**64 + 4])
tensor("unknown_key", strides=[1])
tensor("hole_at_start", data=b"\0" * 5, data_offsets=[1, 5])
tensor("bytes_after_last", data=b"\0" * 5)
tensor("data_missing", data=b"")
tensor("data_one_short", data=b"\0" * 3)
tensors("hole_between", (0, 1), (2, 4))
tensors("overlap", (0, 3), (2, 4))
tensors("same_bytes_twice", (0, 4), (0, 4))
tensors("inside_another", (0, 4), (1, 2))
header("no_tensors_but_data", "{}")
