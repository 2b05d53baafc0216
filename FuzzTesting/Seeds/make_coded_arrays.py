"""Takes the coded arrays out of the golden compressed files: seeds for the target coded-array."""

import json
import pathlib
import struct

here = pathlib.Path(__file__).parent
golden = here / "../../Tests/BantamArchiveTests/Golden/v1"
for path in [*sorted(golden.glob("*.safetensors")), golden / "coders/max-second-form.safetensors"]:
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    for name, entry in header.items():
        if name.endswith(".coded"):
            start, end = (8 + length + offset for offset in entry["data_offsets"])
            if end - start < 2048:
                (here / "coded-array" / f"{path.stem}-{name}").write_bytes(data[start:end])
