"""Token amounts for people: whole tokens with decimals, from integers in base units (10^-18 token)."""

DECIMALS = 18
UNIT = 10**DECIMALS


def tokens(amount: int, places: int | None = None) -> str:
    """Return `amount` base units as tokens, such as "1,234.5".

    With `places`, exactly so many decimals, the rest cut off; without, all decimals there are and no trailing
    zeros.
    """
    whole, rest = divmod(abs(amount), UNIT)
    decimals = f"{rest:0{DECIMALS}d}"
    kept = decimals.rstrip("0") if places is None else decimals[:places]
    sign = "-" if amount < 0 else ""
    return f"{sign}{whole:,}.{kept}".rstrip(".")


def places_needed(amounts: list[int]) -> int:
    """Return how many decimals show every one of `amounts` exactly."""
    return max((len(tokens(amount).partition(".")[2]) for amount in amounts), default=0)
