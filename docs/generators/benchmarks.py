"""The page of figures, from the results of the benchmarks."""

from benchmarks.page import page

__all__ = ["page"]
