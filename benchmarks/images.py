"""Real pictures to learn from: scikit-learn's digits, always there, and Fashion-MNIST where it is installed."""

import gzip
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits  # type: ignore[import-untyped]

CLASSES = 10
FASHION = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist puts its files."""
_HEADER = {1: 8, 3: 16}


@dataclass(frozen=True, eq=False)
class Images:
    """Features (n, d) from 0 to 1, and labels (n,) from 0 to 9."""

    features: NDArray[np.float64]
    labels: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: NDArray[np.int64]) -> "Images":
        """Return some of the rows."""
        return Images(self.features[rows], self.labels[rows])


@cache
def digits() -> Images:
    """Return 1,797 handwritten digits of 8 x 8 pixels (Alpaydin and Kaynak, UCI 1998)."""
    data, labels = load_digits(return_X_y=True)
    return Images(data / 16, labels.astype(np.int64))


@cache
def large_digits() -> Images:
    """Return the same digits drawn three times as large on 28 x 28 pixels: 784 features."""
    small = digits()
    drawn = np.kron(small.features.reshape(-1, 8, 8), np.ones((3, 3)))
    return Images(np.pad(drawn, ((0, 0), (2, 2), (2, 2))).reshape(len(small), -1), small.labels)


def has_fashion() -> bool:
    """Tell whether Fashion-MNIST is installed."""
    return FASHION.is_dir()


@cache
def fashion() -> Images:
    """Return 70,000 pictures of clothes of 28 x 28 pixels (Xiao, Rasul and Vollgraf 2017, MIT licence)."""
    pixels = np.concatenate([_idx(f"{part}-images-idx3-ubyte.gz", 3) for part in ("train", "t10k")])
    labels = np.concatenate([_idx(f"{part}-labels-idx1-ubyte.gz", 1) for part in ("train", "t10k")])
    return Images(pixels.reshape(len(labels), -1) / 255, labels.astype(np.int64))


def _idx(name: str, dimensions: int) -> NDArray[np.uint8]:
    """Read an IDX file of bytes: a magic number, the sizes, the values."""
    data = gzip.decompress((FASHION / name).read_bytes())
    shape = tuple(int(size) for size in np.frombuffer(data, ">i4", dimensions, 4))
    return np.frombuffer(data, np.uint8, offset=_HEADER[dimensions]).reshape(shape)
