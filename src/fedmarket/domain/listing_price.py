"""A price as people write it, in tokens, made into base units."""

from decimal import Decimal, InvalidOperation

from fedmarket.domain.codec import Amount
from fedmarket.domain.listing_rules import check_price
from fedmarket.domain.plain_text import ListingError

TOKEN_DECIMALS = 18
MOST_CHARACTERS = 40


def price_units(name: str, text: str) -> Amount:
    """Return the base units of a price such as "12.5"; `name` says in a refusal what it is the price of.

    Raises ListingError: bad_price for anything but plain decimals, absurd_price.
    """
    plain = len(text) <= MOST_CHARACTERS and text.isascii() and not text.strip("+-.0123456789")
    try:
        sign, digits, exponent = Decimal(text if plain else "NaN").as_tuple()
    except InvalidOperation as error:
        raise ListingError("listing.bad_price", use=name, price=text[:MOST_CHARACTERS]) from error
    if not isinstance(exponent, int) or exponent < -TOKEN_DECIMALS:
        raise ListingError("listing.bad_price", use=name, price=ascii(text[:MOST_CHARACTERS])[1:-1])
    units = int("".join(map(str, digits))) * 10 ** (exponent + TOKEN_DECIMALS)
    check_price(name, -units if sign else units)
    return Amount(units)
