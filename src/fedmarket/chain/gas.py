"""How much gas each call may use: a table instead of an estimation before every send."""

from collections.abc import Mapping

BYTE = 40
"""Gas for each byte of call data, the floor of EIP-7623: tables and proofs are as long as they are."""

TOKEN = 60_000
"""Gas for a token that is dearer than the demonstration one: behind a proxy, say, or with hooks."""

LIMITS: Mapping[str, int] = {
    "open_task": 900_000 + TOKEN,
    "take_seat": 120_000 + TOKEN,
    "join": 170_000 + TOKEN,
    "cancel": 50_000,
    "start": 50_000,
    "announce": 50_000,
    "commit_round": 80_000,
    "take_over": 135_000 + TOKEN,
    "stop": 50_000,
    "close": 125_000 + TOKEN,
    "commit_scores": 80_000,
    "reveal_scores": 70_000,
    "confirm": 170_000,
    "claim": 110_000 + TOKEN,
    "claim_fallback": 110_000 + TOKEN,
    "claim_seat": 105_000 + TOKEN,
    "refund": 90_000 + TOKEN,
    "sweep": 95_000 + TOKEN,
    "flush_forfeits": 75_000 + TOKEN,
    "stake": 120_000 + TOKEN,
    "unstake": 90_000 + TOKEN,
    "revoke_offers": 60_000,
    "order": 200_000 + TOKEN,
    "reveal": 60_000,
    "dispute": 300_000 + TOKEN,
    "deploy_exchange": 2_500_000,
    "publish": 150_000,
    "revise": 130_000,
    "retire": 50_000,
    "deploy_catalogue": 2_000_000,
    "deploy_token": 1_000_000,
    "deploy_market": 6_000_000,
    "mint": 90_000,
    "fund": 21_000,
}
"""Limits beside the call data, 1.3 times the dearest call that the tests make; gas that is not used is not paid."""


def limit_of(verb: str, data: bytes) -> int:
    """Return the gas limit of a call whose data are `data`; raises KeyError for a verb that the table lacks."""
    return LIMITS[verb] + BYTE * len(data)
