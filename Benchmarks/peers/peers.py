"""Other lossless coders, each with `encode(threads)` and `decode(threads)` of one array.

A peer is given all weights of a format as one contiguous array, so that it pays nothing per tensor. Peers without
threads of their own get pieces of the array on a pool of threads, where they let Python's lock go.
"""
from concurrent.futures import ThreadPoolExecutor

import blosc2
import numpy as np
import pcodec
import zipnn
import zstandard


class Peer:
    """`preallocated`: decodes into memory it is given; otherwise decoding always takes fresh memory."""

    preallocated = True

    def __init__(self, array, name):
        self.raw = array.view(np.uint8).reshape(-1)
        self.width = array.dtype.itemsize
        self.format = name
        self.output = np.full_like(self.raw, 0xA5)
        self.coded = None

    def prepare(self):
        """What comes before an encoding and is not part of its time."""

    def byte_count(self):
        """The bytes of the last encoding."""
        return sum(map(len, self.coded)) if isinstance(self.coded, list) else len(self.coded)

    def pieces(self, threads):
        """The raw bytes in a piece for each thread, or in one."""
        length = -(-len(self.raw) // (threads * 64)) * 64
        return [slice(first, first + length) for first in range(0, len(self.raw), length)]

    def each(self, work, threads, *lists):
        if threads == 1:
            return list(map(work, *lists))
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(work, *lists))


class Pcodec(Peer):
    """Numbers as such; bfloat16 as the integers of its bits, in the order of its values."""

    def __init__(self, array, name, level):
        super().__init__(array, name)
        self.name = f"pcodec {level}"
        self.config = pcodec.ChunkConfig(compression_level=level, enable_8_bit=True)
        types = {"f32": np.float32, "bf16": np.uint16, "fp16": np.float16, "int8": np.int8, "fp8": np.uint8}
        self.numbers = self.raw.view(types[name])

    def encode(self, threads):
        length = -(-len(self.numbers) // threads)
        self.parts = [
            slice(first, min(first + length, len(self.numbers)))
            for first in range(0, len(self.numbers), length)
        ]
        self.coded = self.each(
            lambda part: pcodec.standalone.simple_compress(self.numbers[part], self.config), threads, self.parts
        )

    def decode(self, threads, output):
        target = output.view(self.numbers.dtype)
        self.each(
            lambda part, coded: pcodec.standalone.simple_decompress_into(coded, target[part]),
            threads, self.parts, self.coded,
        )


class ZipNN(Peer):
    name = "ZipNN"
    preallocated = False

    def coder(self, threads):
        # Bytes without a format of their own go as float8, which is coded byte by byte.
        types = {"f32": "float32", "bf16": "bfloat16", "fp16": "float16"}
        return zipnn.ZipNN(bytearray_dtype=types.get(self.format, "float8_e4m3fn"), threads=threads)

    def prepare(self):
        # The coder rearranges its input in place.
        self.input = bytearray(self.raw)

    def encode(self, threads):
        self.coded = self.coder(threads).compress(self.input)

    def decode(self, threads, output):
        return np.frombuffer(self.coder(threads).decompress(self.coded), np.uint8)


class Blosc2(Peer):
    name = "blosc2 shuffle + zstd 1"

    def encode(self, threads):
        self.coded = blosc2.compress2(
            self.raw, codec=blosc2.Codec.ZSTD, clevel=1, filters=[blosc2.Filter.SHUFFLE],
            typesize=self.width, nthreads=threads,
        )

    def decode(self, threads, output):
        blosc2.decompress2(self.coded, dst=output, nthreads=threads)


class Zstandard(Peer):
    name = "zstd 1"

    def encode(self, threads):
        self.parts = self.pieces(threads)
        self.coded = self.each(
            lambda part: zstandard.ZstdCompressor(level=1).compress(self.raw[part]), threads, self.parts
        )

    def decode(self, threads, output):
        def decode(part, coded):
            with zstandard.ZstdDecompressor().stream_reader(coded) as reader:
                reader.readinto(output[part])

        self.each(decode, threads, self.parts, self.coded)


def peers(array, name):
    return [Pcodec(array, name, 12), ZipNN(array, name), Blosc2(array, name), Zstandard(array, name)]
