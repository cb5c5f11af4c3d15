"""The cast of every example: who may act, and what each account holds at the start."""

from eth_hash.auto import keccak

from fedmarket.domain.accounts import address_of

SINK = "0x000000000000000000000000000000000000dEaD"
NOBODY = "0x0000000000000000000000000000000000000000"
MARKET = address_of(keccak(b"market"))
CHAIN_ID = 61_337
STARTED_AT = 1_800_000_000
RICH = 2**130
POOR = 5

ACCOUNTS = tuple(address_of(keccak(b"account %d" % number)) for number in range(13))
"""Thirteen, a prime: any start and any stride lists all of them in another order."""
PAUPER = address_of(keccak(b"pauper"))
"""Is admitted now and then, and cannot pay."""
STRANGER = address_of(keccak(b"stranger"))
"""Never has a role; what it can do, anybody can do."""
EVERYBODY = (*ACCOUNTS, PAUPER, STRANGER)


def casting(start: int, stride: int) -> list[str]:
    """Return the thirteen accounts in the order that `start` (0..12) and `stride` (1..12) give."""
    return [ACCOUNTS[(start + stride * position) % len(ACCOUNTS)] for position in range(len(ACCOUNTS))]


def purses() -> dict[str, int]:
    """Return what everybody holds before the first call, in base units."""
    return {account: POOR if account == PAUPER else RICH for account in EVERYBODY}
