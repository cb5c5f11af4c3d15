"""What a transaction offers for its gas (EIP-1559), from the latest block and the node's own proposal."""

from dataclasses import dataclass
from typing import Any

from fedmarket.chain.endpoint import Endpoint, NodeError


@dataclass(frozen=True)
class Fees:
    """The most a transaction pays for a unit of gas, in wei; `tip` is None on chains before EIP-1559."""

    most: int
    tip: int | None

    def fields(self) -> dict[str, Any]:
        """Return the transaction's fee fields."""
        if self.tip is None:
            return {"gasPrice": self.most}
        return {"type": 2, "maxFeePerGas": self.most, "maxPriorityFeePerGas": self.tip}

    def above(self, before: "Fees") -> "Fees":
        """Return these fees raised, where needed, by an eighth over `before`: nodes replace for no less."""
        most = max(self.most, before.most + before.most // 8 + 1)
        if self.tip is None or before.tip is None:
            return Fees(most, self.tip)
        return Fees(most, min(most, max(self.tip, before.tip + before.tip // 8 + 1)))


def quote(endpoint: Endpoint) -> Fees:
    """Return fees that stay enough while the base fee doubles."""
    base = endpoint.latest().base_fee
    if base is None:
        return Fees(endpoint.gas_price(), None)
    try:
        tip = endpoint.tip()
    except NodeError:
        tip = max(0, endpoint.gas_price() - base)
    return Fees(2 * base + tip, tip)
