"""Text that strangers will read: of a sane length, and without characters that hide, reorder or steer what is shown."""

from unicodedata import category, normalize

from fedmarket.domain.errors import UsageError

LINE_BREAK = "\n"
HIDDEN = frozenset(
    "\N{ZERO WIDTH SPACE}\N{WORD JOINER}\N{ZERO WIDTH NO-BREAK SPACE}\N{SOFT HYPHEN}\N{MONGOLIAN VOWEL SEPARATOR}"
)
REORDERING = frozenset(
    "\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}\N{ARABIC LETTER MARK}"
    "\N{LEFT-TO-RIGHT EMBEDDING}\N{RIGHT-TO-LEFT EMBEDDING}\N{POP DIRECTIONAL FORMATTING}"
    "\N{LEFT-TO-RIGHT OVERRIDE}\N{RIGHT-TO-LEFT OVERRIDE}"
    "\N{LEFT-TO-RIGHT ISOLATE}\N{RIGHT-TO-LEFT ISOLATE}\N{FIRST STRONG ISOLATE}\N{POP DIRECTIONAL ISOLATE}"
)
"""Marks that make a text show in another order than it is written (Unicode UAX 9)."""


class ListingError(UsageError):
    """A listing says something that cannot be offered."""


def check_text(field: str, text: str, limit: int, *, lines: bool = False, empty: bool = False) -> None:
    """Refuse a text that is empty, too long, or holds characters that mislead a reader.

    `lines` allows line breaks, `empty` an empty text. Raises ListingError: text_missing, text_too_long,
    control_character, reordering_character, hidden_character, not_normal.
    """
    if not text.strip():
        if empty and not text:
            return
        raise ListingError("listing.text_missing", field=field)
    if len(text) > limit:
        raise ListingError("listing.text_too_long", field=field, length=f"{len(text):,}", limit=f"{limit:,}")
    for place, character in enumerate(text, 1):
        if character.isascii() and character.isprintable():
            continue
        fault = _fault(character)
        if fault and not (lines and character == LINE_BREAK):
            raise ListingError(f"listing.{fault}", field=field, place=place, code=f"U+{ord(character):04X}")
    if normalize("NFC", text) != text:
        raise ListingError("listing.not_normal", field=field)


def _fault(character: str) -> str | None:
    if character in REORDERING:
        return "reordering_character"
    if character in HIDDEN:
        return "hidden_character"
    return "control_character" if category(character) in ("Cc", "Cs", "Cn", "Co", "Zl", "Zp") else None
