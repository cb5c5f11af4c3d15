"""How much gas each call may use: a table instead of an estimation before every send."""

from collections.abc import Mapping

BYTE = 40
"""Gas for each byte of call data, the floor of EIP-7623: tables and proofs are as long as they are."""

LIMITS: Mapping[str, int] = {
    "open_task": 1_200_000,
    "take_seat": 250_000,
    "join": 300_000,
    "cancel": 120_000,
    "start": 120_000,
    "announce": 120_000,
    "commit_round": 160_000,
    "take_over": 200_000,
    "stop": 120_000,
    "close": 300_000,
    "commit_scores": 150_000,
    "reveal_scores": 200_000,
    "confirm": 400_000,
    "claim": 200_000,
    "claim_fallback": 200_000,
    "claim_seat": 200_000,
    "refund": 200_000,
    "sweep": 150_000,
    "flush_forfeits": 150_000,
    "deploy_token": 3_000_000,
    "deploy_market": 8_000_000,
    "mint": 120_000,
    "fund": 21_000,
}
"""Limits beside the call data, about 1.3 times what was measured at most; unused gas is not paid."""


def limit_of(verb: str, data: bytes) -> int:
    """Return the gas limit of a call whose data are `data`; raises KeyError for a verb that the table lacks."""
    return LIMITS[verb] + BYTE * len(data)
