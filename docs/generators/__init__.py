"""Pages that are written from where their content is true: `make docs` writes them, a test compares them."""

from collections.abc import Callable

from docs.generators import benchmarks, commands, contract, lifecycle, refusals

PAGES: dict[str, Callable[[], str]] = {
    "reference/lifecycle.md": lifecycle.page,
    "reference/contract.md": contract.page,
    "reference/commands.md": lambda: commands.page("en"),
    "reference/commands.zh-CN.md": lambda: commands.page("zh"),
    "reference/refusals.md": refusals.page,
    "benchmarks.md": lambda: benchmarks.page("en"),
    "benchmarks.zh-CN.md": lambda: benchmarks.page("zh"),
}
"""Every generated page by its path below docs/, and what writes it."""
