"""A NumPy archive of features and labels; nothing in it that could run code is ever loaded."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.errors import DataError, SystemFault
from fedmarket.learning.column_builder import ColumnBuilder
from fedmarket.learning.sheet import Column, Numbers, Sheet

FEATURES = ("X", "x", "features", "data")
LABELS = ("y", "Y", "labels", "target")
NAMES = ("names", "feature_names", "columns")
MAX_BYTES = 1 << 32
"""Bytes that the arrays of one archive may take once they are unpacked."""


def npz_sheet(path: Path, target: str) -> Sheet:
    """Return the features of an archive under their names, and its labels under the name `target`.

    It holds X (n, d) and y (n,), or features and labels, and may hold names (d,); without, columns are feature_0,
    feature_1, ... Raises DataError: no_such_file, unreadable, bad_npz, npz_arrays, npz_too_large, bad_shape.
    """
    arrays = _arrays(path)
    features, labels = _named(arrays, FEATURES), _named(arrays, LABELS)
    if features is None or labels is None:
        raise DataError("data.npz_arrays", path=str(path), found=", ".join(arrays)[:120] or "-")
    if features.ndim != 2 or labels.shape != features.shape[:1]:
        raise DataError("data.bad_shape", found=f"{features.shape} / {labels.shape}", expected="(n, d) / (n,)")
    names = _named(arrays, NAMES)
    titles = [f"feature_{place}" for place in range(features.shape[1])] if names is None else [str(n) for n in names]
    if len(titles) != features.shape[1]:
        raise DataError("data.bad_shape", found=f"{len(titles)} names", expected=f"{features.shape[1]} names")
    columns = {title: _column(features[:, place]) for place, title in enumerate(titles)}
    doubled = frozenset(title for title in titles if titles.count(title) > 1)
    return Sheet({**columns, target: _column(labels)}, np.arange(1, len(features) + 1), doubled)


def _arrays(path: Path) -> dict[str, NDArray[Any]]:
    try:
        with ZipFile(path) as archive:
            size = sum(member.file_size for member in archive.infolist())
        if size > MAX_BYTES:
            raise DataError("data.npz_too_large", path=str(path), size=size, limit=MAX_BYTES)
        with np.load(path, allow_pickle=False) as loaded:
            return {name: loaded[name] for name in loaded.files}
    except FileNotFoundError as error:
        raise DataError("data.no_such_file", path=str(path)) from error
    except (BadZipFile, ValueError, EOFError, NotImplementedError) as error:
        raise DataError("data.bad_npz", path=str(path), detail=" ".join(str(error).split())[:120]) from error
    except OSError as error:
        raise DataError("data.unreadable", path=str(path), detail=SystemFault.of(error)) from error


def _named(arrays: Mapping[str, NDArray[Any]], names: tuple[str, ...]) -> NDArray[Any] | None:
    return next((arrays[name] for name in names if name in arrays), None)


def _column(values: NDArray[Any]) -> Column:
    if values.dtype.kind in "iuf":
        return Numbers(values.astype(np.float64))
    builder = ColumnBuilder(texts=values.dtype.kind == "b")
    builder.add([str(value).strip() for value in values], range(1, len(values) + 1))
    return builder.build()
