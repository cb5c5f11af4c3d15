"""fedmarket: federated learning with the money, the record and the incentives on an EVM chain.

    from fedmarket import Market

opens a market in this process: `Market().task(...)`, add providers, `run()`, see who is owed what.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fedmarket.embedded.market import Market

__version__ = "0.1.0"
__all__ = ["Market", "__version__"]


def __getattr__(name: str) -> object:
    # An EVM takes a second to import; who only asks for the version or for help shall not wait for it.
    if name == "Market":
        from fedmarket.embedded.market import Market

        return Market
    raise AttributeError(f"module 'fedmarket' has no attribute '{name}'")
