"""A process in which Flower is not installed."""

import sys

import pytest

ADAPTER = "fedmarket.learning.flower_strategy"


def hide_flower(patch: pytest.MonkeyPatch) -> None:
    """Make every import of flwr fail as it does where the extra is not installed, until `patch` is undone."""
    for name in [name for name in sys.modules if name == "flwr" or name.startswith("flwr.")] or ["flwr"]:
        patch.setitem(sys.modules, name, None)
    patch.delitem(sys.modules, ADAPTER, raising=False)
