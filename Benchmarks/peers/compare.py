"""Lossless coders of Bantam beside their peers on the same weights, in one run on one machine.

    python3 Benchmarks/peers/compare.py [--model FILE] [--bantam FILE] [--threads N] [--mebibytes N] [--output FILE]

Creates a virtual environment with the pinned packages beside this script, converts the model (`make minilm`) to every
format, times everything in memory and whole commands with files, and writes one Markdown page. The release build of
`bantam` must be there (`make build`).
"""
import argparse
import os
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent


def enter_environment():
    """Runs this script again in the virtual environment, which is made if it is not there."""
    folder = HERE / ".venv"
    python = folder / "bin" / "python"
    if Path(sys.prefix) == folder:
        return
    mark = folder / "requirements.txt"
    requirements = HERE / "requirements.txt"
    if not mark.exists() or mark.read_text() != requirements.read_text():
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "-r", requirements], check=True)
        mark.write_text(requirements.read_text())
    os.execv(python, [str(python), __file__, *sys.argv[1:]])


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", type=Path, default=ROOT / "Models/all-MiniLM-L6-v2.safetensors")
    parser.add_argument("--bantam", type=Path, default=ROOT / ".build/release/bantam")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--mebibytes", type=int, default=256, help="size of the made-up bfloat16 tensor")
    parser.add_argument("--seconds", type=float, default=0.5, help="repeat every measurement for so long")
    parser.add_argument("--output", type=Path, default=HERE / "results.md")
    return parser.parse_args()


if __name__ == "__main__":
    enter_environment()
    import measure

    measure.main(arguments())
