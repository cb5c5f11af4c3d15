"""A DataCatalog behind any EVM JSON-RPC endpoint: the same signing, gas table and refusals as for a market."""

from typing import ClassVar

from fedmarket.chain.rpc import RpcChain
from fedmarket.domain.catalogue import Offered


class RpcCatalogue(RpcChain):
    """One DataCatalog on one chain; its verbs are those of the reference after (catalogue, sender)."""

    contract: ClassVar[str] = "DataCatalog"
    permitted: ClassVar[frozenset[str]] = frozenset()

    @property
    def address(self) -> str:
        """The catalogue's address (EIP-55)."""
        return self.market

    def dataset_of(self, owner: str, listing: bytes) -> int:
        """Return the dataset that an owner listed this hash for, 0 where there is none."""
        return int(self._view("dataset_of", owner, listing))

    def stands(self, dataset: int, version: int, offered: Offered) -> bool:
        """Tell whether a dataset can be ordered now, and exactly so."""
        return bool(self._view("stands", dataset, version, *offered.arguments))
