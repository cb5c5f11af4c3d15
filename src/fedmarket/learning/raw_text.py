"""What the bytes of a text file say before it is parsed: its byte order mark, NULs, and lines in two encodings."""

from dataclasses import dataclass
from pathlib import Path

from fedmarket.learning.text_encoding import MARKS

UTF8_MARK = "utf-8-sig"


@dataclass(frozen=True)
class RawText:
    """Lines count from 1, and 0 says that there is none.

    `mark` names the encoding of the byte order mark, or nothing; `utf8_line` is the first line with characters outside
    ASCII in UTF-8, `other_line` the first that is not UTF-8; `gb18030` says whether all of those are GB18030.
    """

    mark: str = ""
    nul_line: int = 0
    utf8_line: int = 0
    other_line: int = 0
    gb18030: bool = True

    @property
    def mixed(self) -> bool:
        """Whether some lines are UTF-8 and others are not."""
        return bool(self.utf8_line and self.other_line)


def scan_text(path: Path) -> RawText:
    """Read a file once, line by line; of one in UTF-16 only the mark is told. Raises OSError."""
    with path.open("rb") as file:
        start = file.read(3)
        mark = next((name for known, name in MARKS if start.startswith(known)), "")
        if mark and mark != UTF8_MARK:
            return RawText(mark)
        file.seek(len(start) if mark else 0)
        nul = utf8 = other = 0
        gb18030 = True
        for number, line in enumerate(file, 1):
            if not nul and b"\0" in line:
                nul = number
            if line.isascii():
                continue
            if _decodes(line, "utf-8"):
                utf8 = utf8 or number
            else:
                other = other or number
                gb18030 = gb18030 and _decodes(line, "gb18030")
    return RawText(mark, nul, utf8, other, gb18030)


def _decodes(line: bytes, codec: str) -> bool:
    try:
        line.decode(codec)
    except UnicodeDecodeError:
        return False
    return True
