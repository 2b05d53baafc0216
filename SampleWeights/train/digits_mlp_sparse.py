"""Trains the MLP of digits_mlp.py to be sparse, by gradual magnitude pruning and L1, and writes ../digits-mlp-sparse."""

import pathlib

import numpy as np
from safetensors.numpy import save_file

from digits_mlp import trained


def without_dead_ends(parameters):
    """Zeros for whatever leads to no output: the weights and the bias of a unit that nothing listens to."""
    result = {name: np.array(value) for name, value in parameters.items()}
    for layer in (2, 1):
        unheard = ~result[f"fc{layer + 1}.weight"].any(axis=0)
        result[f"fc{layer}.weight"][unheard] = 0
        result[f"fc{layer}.bias"][unheard] = 0
    return result


def main():
    folder = pathlib.Path(__file__).parent.parent / "digits-mlp-sparse"
    # Pruning is regularization enough: dropout on top costs accuracy.
    parameters = without_dead_ends(
        trained(folder, epochs=800, dropout=0.0, decay=0, sparsity=0.97, l1=1e-4)
    )
    for name, value in parameters.items():
        print(name, value.shape, f"{np.mean(value == 0):.4f} zero")
    save_file(parameters, folder / "model.safetensors")


if __name__ == "__main__":
    main()
