"""Which encoding a text file is in: as declared, else as its byte order mark says, else UTF-8. Nothing is guessed."""

import codecs
from pathlib import Path

from fedmarket.domain.errors import DataError

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
ENCODINGS = ("utf-8", "utf-16", "gb18030", "gbk", "big5", "shift_jis", "euc-kr", "cp1252", "latin-1")
SAMPLE = 1 << 16
EVERYDAY_SHARE = 0.9


def encoding_of(path: Path, declared: str | None) -> str:
    """Return the name of the codec to read `path` with. Raises DataError unknown_encoding, and OSError."""
    known = ("utf-8-sig", "utf-16-le", "utf-16-be", *ENCODINGS)
    names = {codecs.lookup(name).name for name in known}
    if declared is not None:
        try:
            found = codecs.lookup(declared).name
        except LookupError:
            found = ""
        if found not in names:
            raise DataError("data.unknown_encoding", name=declared[:40], known=", ".join(ENCODINGS))
        if found != "utf-8":
            return found
    with path.open("rb") as file:
        start = file.read(3)
    return next((name for mark, name in MARKS if start.startswith(mark)), "utf-8")


def undecodable(path: Path, encoding: str) -> DataError:
    """Return the refusal of a file that is not in `encoding`; Chinese text is named, for the user to declare it."""
    if encoding.startswith("utf-8") and _looks_chinese(path):
        return DataError("data.encoding_chinese", path=str(path))
    return DataError("data.encoding", path=str(path), encoding=encoding.removesuffix("-sig").upper())


def _looks_chinese(path: Path) -> bool:
    """Tell whether the first bytes are GB18030 whose characters outside ASCII are nearly all everyday ones."""
    with path.open("rb") as file:
        sample = file.read(SAMPLE)
    try:
        text = codecs.getincrementaldecoder("gb18030")().decode(sample)
    except UnicodeDecodeError:
        return False
    foreign = [character for character in text if not character.isascii()]
    return bool(foreign) and sum(map(_everyday, foreign)) >= EVERYDAY_SHARE * len(foreign)


def _everyday(character: str) -> bool:
    """Tell whether a character is Chinese punctuation or of the 3,755 most used ones, the first level of GB 2312.

    Two accented letters of a western encoding nearly always make a rarer one.
    """
    try:
        lead, trail = character.encode("gb2312")
    except (UnicodeEncodeError, ValueError):
        return False
    return trail >= 0xA1 and (lead in (0xA1, 0xA3) or 0xB0 <= lead <= 0xD7)
