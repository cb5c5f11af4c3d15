"""Dividing a whole number of units by shares, to the last unit."""

from collections.abc import Mapping


def largest_remainder(total: int, shares: Mapping[str, int]) -> dict[str, int]:
    """Divide `total` units in proportion to nonnegative integer `shares`, keyed by address.

    Everybody gets floor(total * share / sum); the units left go one each to the largest remainders, ties to
    the lower address as a number (Hamilton's method). The parts add up to `total`; where all shares are 0
    nobody gets any.
    """
    whole = sum(shares.values())
    if not whole:
        return dict.fromkeys(shares, 0)
    parts = {account: total * share // whole for account, share in shares.items()}
    left = total - sum(parts.values())
    first = sorted(shares, key=lambda account: (-(total * shares[account] % whole), int(account, 16)))
    for account in first[:left]:
        parts[account] += 1
    return parts
