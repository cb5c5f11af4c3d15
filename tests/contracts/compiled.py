"""The contracts and the attack tests' tokens, compiled once per session for an EVM in this process."""

from functools import cache
from pathlib import Path
from typing import Any

import boa  # type: ignore[import-untyped]

CONTRACTS = Path(__file__).parents[2] / "contracts"
MOCKS = Path(__file__).parent / "mocks"


@cache
def deployer(name: str) -> Any:
    """Return titanoboa's deployer of a contract ("TaskMarket") or of a mock ("fee_token")."""
    boa.interpret.set_search_paths([str(CONTRACTS), str(MOCKS)])
    folder = MOCKS if (MOCKS / f"{name}.vy").exists() else CONTRACTS
    return boa.load_partial(str(folder / f"{name}.vy"))


def deploy(env: boa.Env, name: str, *args: Any) -> Any:
    """Deploy one into `env`, paid and owned by nobody of the cast."""
    with boa.swap_env(env):
        return deployer(name).deploy(*args)
