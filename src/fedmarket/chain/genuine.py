"""Whether a contract is this version's TaskMarket: any contract can log what looks like a market's events."""

from fedmarket.chain.abi import artifact
from fedmarket.chain.endpoint import Endpoint, NodeError


def is_genuine(endpoint: Endpoint, market: str) -> bool:
    """Return whether the code at `market` is what this version's TaskMarket becomes with its token and sink.

    The node runs the contract's creation without sending it, which gives the code, constants of its constructor
    included. What a lying node says of it is worth as much as what else it says.
    """
    code = endpoint.code(market)
    try:
        token, sink = (address_in(endpoint, market, view) for view in ("token", "sink"))
        creation = artifact("TaskMarket").deployment(token, sink)
        return bool(code) and endpoint.call({"data": "0x" + creation.hex()}) == code
    except (NodeError, ValueError):
        return False


def address_in(endpoint: Endpoint, market: str, view: str) -> str:
    """Return the address that a market's view gives; raises ValueError where it gives none."""
    shape = artifact("TaskMarket").functions[view]
    answer = endpoint.call({"to": market, "data": "0x" + shape.encode().hex()})
    if len(answer) != 32:
        raise ValueError(f"{view} is no address")
    return str(shape.decode(answer)[0])
