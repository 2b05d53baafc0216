"""Times the peers and Bantam and lays the figures out; see compare.py."""
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from models import FORMATS, float_tensors, narrowed, save, synthetic
from peers import peers


def shortest(work, seconds, before=lambda: None):
    """The shortest time of runs that together take `seconds`, three if they are quick; all else only adds to it."""
    times = []
    while sum(times) < seconds or (len(times) < 3 and sum(times) < 8 * seconds):
        before()
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def measured(peer, threads, seconds):
    """Ratio, and GB/s of encoding, of decoding into warm memory (if the peer can) and into fresh memory."""
    speed = len(peer.raw) / 1e9
    encode = speed / shortest(lambda: peer.encode(threads), seconds, peer.prepare)
    ratio = peer.byte_count() / len(peer.raw)
    decode = None
    if peer.preallocated:
        decode = speed / shortest(lambda: peer.decode(threads, peer.output), seconds)
        assert np.array_equal(peer.output, peer.raw), peer.name
        fresh = shortest(lambda: peer.decode(threads, np.empty_like(peer.raw)), seconds)
    else:
        assert np.array_equal(peer.decode(threads, None), peer.raw), peer.name
        fresh = shortest(lambda: peer.decode(threads, None), seconds)
    return ratio, [encode, decode, speed / fresh]


def peer_rows(array, name, threads, seconds):
    for peer in peers(array, name):
        note(f"  {peer.name}")
        ratio, one = measured(peer, 1, seconds)
        many = measured(peer, threads, seconds)[1]
        yield peer.name, ratio, None, one + many


def bantam_rows(command, path, threads, seconds):
    """Every coder that this build has, and the entropy bound in the first row; `fast` as other processors run it."""
    for level, coders in ((None, []), ("avx2", ["fast"]), ("portable", ["fast"])):
        # What this processor runs anyway stands in the first rows.
        if level == "avx2" and not has("avx512_vbmi2") or level == "portable" and not has("avx2"):
            continue
        note(f"  bantam {level or ''}")
        words = [word for coder in coders for word in ("--coding", coder)]
        text = subprocess.run(
            [command, "benchmark", path, "--json", "--threads", str(threads), "--min-time", str(seconds), *words],
            check=True, capture_output=True, text=True,
            env=os.environ | ({"BANTAM_SIMD": level} if level else {}),
        ).stdout
        rows = json.loads(text)
        for row in (row for row in rows if row["threads"] == 1):
            many = next(r for r in rows if r["coder"] == row["coder"] and r["threads"] == threads)
            keys = ["encode_gbps", "decode_gbps", "fresh_decode_gbps"]
            sampled = "" if row["timed_bytes"] == row["total_bytes"] else f" ({row['timed_bytes'] / 1e6:.0f} MB timed)"
            name = f"**bantam {row['coder']}**" + (f", {LEVELS[level]}" if level else sampled)
            yield name, row["ratio"], row["bound"], [row[key] for key in keys] + [many[key] for key in keys]


LEVELS = {"avx2": "AVX2 only", "portable": "portable code"}


def whole_commands(command, path, folder, threads):
    """Best wall-clock seconds of whole commands on a file of bfloat16 weights, files in the page cache."""
    small, back = folder / "small.safetensors", folder / "back.safetensors"
    znn, restored = folder / "model.znn", folder / "restored.safetensors"
    driver = [sys.executable, str(Path(__file__).parent / "zipnn_file.py")]

    def ours(*words):
        best = float("inf")
        for _ in range(9):
            Path(words[-1]).unlink(missing_ok=True)
            start = time.perf_counter()
            subprocess.run([command, *words, "--quiet", "--threads", str(threads)], check=True, capture_output=True)
            best = min(best, time.perf_counter() - start)
        return best, best

    def theirs(*words):
        runs = []
        for _ in range(5):
            start = time.perf_counter()
            inner = subprocess.run(driver + [*words, str(threads)], check=True, capture_output=True, text=True).stdout
            runs.append((time.perf_counter() - start, float(inner)))
        return min(run[0] for run in runs), min(run[1] for run in runs)

    yield "ZipNN, file to file: compress", *theirs("compress", path, znn)
    yield "ZipNN, file to file: decompress", *theirs("decompress", znn, restored)
    for coding in ("auto", "fast"):
        small.unlink(missing_ok=True)
        yield f"`bantam compress --coding {coding}`", *ours("compress", "--coding", coding, path, small)
        yield f"`bantam decompress` ({coding})", *ours("decompress", small, back)
        assert Path(back).read_bytes() == Path(path).read_bytes()
    assert restored.read_bytes() == Path(path).read_bytes()


def figure(value):
    if value is None:
        return "–"
    return f"{value:.1f}" if value >= 9.995 else f"{value:.2f}" if value >= 0.0995 else f"{value:.3f}"


def table(rows, threads):
    yield f"| | ratio | 1 thread: encode | decode | fresh | {threads} threads: encode | decode | fresh |"
    yield "|---|---|---|---|---|---|---|---|"
    for name, ratio, _, speeds in rows:
        yield f"| {name} | {ratio:.4f} | " + " | ".join(map(figure, speeds)) + " |"


def memory_speed(mebibytes, seconds):
    source, target = np.ones(mebibytes << 20, np.uint8), np.ones(mebibytes << 20, np.uint8)
    return len(source) / 1e9 / shortest(lambda: np.copyto(target, source), seconds)


def has(flag):
    return flag in Path("/proc/cpuinfo").read_text()


def processor():
    vectors = "AVX-512" if has("avx512_vbmi2") else "AVX2" if has("avx2") else "no AVX2"
    return f"{os.cpu_count()} cores, x86-64 with {vectors}"


def note(text):
    print(text, file=sys.stderr, flush=True)


def main(options):
    command, threads, seconds = str(options.bantam), options.threads, options.seconds
    tensors = float_tensors(options.model)
    lines = [INTRODUCTION.format(processor=processor(), copy=figure(memory_speed(256, seconds)))]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        jobs = [(format, f"{options.model.stem} in {format}", None) for format in FORMATS]
        jobs.append(("bf16", f"{options.mebibytes} MiB of made-up bf16 weights", options.mebibytes))
        for format, title, mebibytes in jobs:
            note(title)
            weights = (
                {"weight": synthetic(mebibytes)} if mebibytes
                else {name: narrowed(tensor, format) for name, tensor in tensors.items()}
            )
            path = folder / f"{format}{mebibytes or ''}.safetensors"
            save(path, weights, format)
            array = np.concatenate([tensor.reshape(-1) for tensor in weights.values()])
            rows = [*peer_rows(array, format, threads, seconds), *bantam_rows(command, path, threads, seconds)]
            bound = rows[-1][2]
            lines += [f"\n## {title}: {array.nbytes / 1e6:.1f} MB, order-0 bound {bound:.4f}\n"]
            lines += table(rows, threads)
        note("whole commands")
        size = (folder / "bf16.safetensors").stat().st_size / 1e6
        lines += [WHOLE.format(size=size, threads=threads)]
        for title, seconds, inner in whole_commands(command, folder / "bf16.safetensors", folder, threads):
            lines.append(f"| {title} | {1e3 * seconds:.0f} | {1e3 * inner:.0f} |")
    options.output.write_text("\n".join(lines) + "\n")
    note(f"wrote {options.output}")


INTRODUCTION = """\
# Lossless coders side by side

Written by `python3 Benchmarks/peers/compare.py` in one run on one machine ({processor}; copying warm
memory on one thread {copy} GB/s). Ratio is compressed over original bytes, everything counted; speeds are GB/s of original bytes,
the best of repeated runs. "decode" goes into memory that is there, "fresh" into memory that the system must provide
first; "–" where a peer cannot be given memory. Peers get all weights as one array, Bantam the tensors of a file, each
in a container of its own; its encoding includes checksums, its decoding here does not compare them, as no peer has any.
Peers without threads of their own (pcodec, zstd) get a piece of the array on each thread. In 8-bit formats every row is
scaled to its largest magnitude; the scales are not part of the figures. A coder of Bantam's too slow for all of it is
timed on evenly spread pieces, and its row says on how much; its ratio is that of all. Rows of
`fast` with AVX2 only and with portable code are runs of the same command that may use no more (`BANTAM_SIMD`)."""

WHOLE = """
## Whole commands: {size:.1f} MB of bf16 weights, file to file, {threads} threads

Best wall-clock time, process start included, files in the page cache. "without start-up" leaves out starting Python and
importing its packages. ZipNN's file is driven by `zipnn_file.py`, which does what its own file scripts do; it does not
wait for the disk, Bantam's output is synced before it gets its name.

| command | ms | ms without start-up |
|---|---|---|"""
