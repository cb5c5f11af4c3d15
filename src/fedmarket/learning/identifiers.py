"""What names a person: the shapes of phone numbers, identity cards, e-mail addresses and bank cards, and of names.

Shapes make a column suspect and prove nothing: whoever publishes looks at it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from unicodedata import normalize


class Identifier(StrEnum):
    """What a column may hold that names somebody."""

    IDENTITY_CARD = "identity_card"
    PHONE = "phone"
    EMAIL = "email"
    BANK_CARD = "bank_card"
    NAME = "name"
    ADDRESS = "address"
    BIRTH_DATE = "birth_date"


@dataclass(frozen=True)
class Shape:
    """How an identifier looks inside a cell; `holds` judges what `pattern` finds.

    `share` is the part of the filled cells of a column of numbers from which it counts: digits alone come by chance.
    In texts one cell is enough. Nothing is looked for where `needs` does not stand.
    """

    pattern: re.Pattern[str]
    holds: Callable[[str], bool]
    share: float
    needs: str = ""


_PROVINCES = frozenset(
    number
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83), (91, 91))
    for number in range(first, last + 1)
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK_CHARACTERS = "10X98765432"
_SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔"
    "钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤"
)
_NAME = re.compile(r"[一-鿿]{2,4}")
_DIGITS = re.compile(r"\d(?:[-. ()]{0,2}\d){6}")
"""Seven digits, as the shortest telephone number has."""
NAMES_MOSTLY = 0.8


def is_identity_number(text: str) -> bool:
    """Tell whether 18 characters are a number of a Chinese identity card: province, date of birth, check character.

    GB 11643-1999; the check character is ISO 7064 MOD 11-2.
    """
    digits = text.upper()
    if len(digits) != 18 or not (digits.isascii() and digits[:17].isdecimal()) or int(digits[:2]) not in _PROVINCES:
        return False
    if not "1900" <= digits[6:10] <= "2099" or not _is_date(digits[6:14]):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    return digits[17] == _CHECK_CHARACTERS[total % 11]


def is_card_number(text: str) -> bool:
    """Tell whether 13 to 19 digits, with blanks or hyphens, begin like a bank card's and pass Luhn (ISO/IEC 7812-1)."""
    digits = [int(character) for character in text if character.isdecimal()]
    if not 13 <= len(digits) <= 19 or digits[0] not in (3, 4, 5, 6) or len(set(digits)) == 1:
        return False
    doubled = [2 * digit - 9 * (digit > 4) for digit in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


SHAPES: Mapping[Identifier, Shape] = {
    Identifier.IDENTITY_CARD: Shape(
        re.compile(r"(?<![0-9A-Za-z.])\d{17}[\dXx](?![0-9A-Za-z])"), is_identity_number, 0.0
    ),
    Identifier.EMAIL: Shape(
        re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"), lambda text: True, 0.0, needs="@"
    ),
    Identifier.PHONE: Shape(
        re.compile(
            r"(?<![\d.A-Za-z])(?:(?:\+|00)?86[- ]?)?1[3-9]\d[- ]?\d{4}[- ]?\d{4}(?![\d.])"
            r"|(?<![\d.])0\d{2,3}-\d{7,8}(?!\d)|(?<!\w)\+[1-9]\d{0,2}(?:[- .]?\(?\d{2,4}\)?){2,4}(?!\d)"
        ),
        lambda text: True,
        0.2,
    ),
    Identifier.BANK_CARD: Shape(re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])"), is_card_number, 0.5),
}
"""An identity number is never told as a bank card too: the first shape that holds counts."""

HEADINGS: Mapping[Identifier, re.Pattern[str]] = {
    Identifier.IDENTITY_CARD: re.compile(
        r".*(身份证|证件号|护照|id[ _-]?card|identity|passport|\bssn\b|national[ _-]?id).*", re.I
    ),
    Identifier.EMAIL: re.compile(r".*(e-?mail|邮箱|电子邮件).*", re.I),
    Identifier.PHONE: re.compile(r".*(phone|mobile|\btel\b|telephone|手机|电话|联系方式).*", re.I),
    Identifier.BANK_CARD: re.compile(
        r".*(银行卡|卡号|bank[ _-]?card|card[ _-]?(no|number)|\biban\b|account[ _-]?number).*", re.I
    ),
    Identifier.NAME: re.compile(
        r"(姓名|名字|患者姓名|病人姓名|客户姓名|联系人|户名|name|((first|last|middle|full|given|family|patient|customer"
        r"|client|contact|person|user)[ _-]?name)|surname)",
        re.I,
    ),
    Identifier.ADDRESS: re.compile(r".*(\baddress\b|street|住址|地址|家庭住址).*", re.I),
    Identifier.BIRTH_DATE: re.compile(
        r".*(birth[ _-]?(date|day)|date[ _-]of[ _-]birth|\bdob\b|出生日期|出生年月|生日).*", re.I
    ),
}
"""What a column's name says of it."""


def plain_digits(cell: str) -> str:
    """Return a cell with full-width digits and letters as ASCII, as people type them among Chinese text."""
    return cell if cell.isascii() else normalize("NFKC", cell)


def may_hold(text: str) -> bool:
    """Tell quickly whether a text could hold any of the shapes: most do not."""
    return "@" in text or _DIGITS.search(text) is not None


def found_in(cell: str) -> Identifier | None:
    """Return what a cell holds that names somebody, or None."""
    if not may_hold(cell):
        return None
    for kind, shape in SHAPES.items():
        if shape.needs in cell and any(shape.holds(found.group()) for found in shape.pattern.finditer(cell)):
            return kind
    return None


def said_by(heading: str) -> Identifier | None:
    """Return what a column's name says that it holds, or None."""
    return next((kind for kind, pattern in HEADINGS.items() if pattern.fullmatch(heading.strip())), None)


def look_like_names(texts: tuple[str, ...]) -> bool:
    """Tell whether ten or more different texts are nearly all short and begin with a common Chinese surname."""
    likely = sum(1 for text in texts if _NAME.fullmatch(text) and text[0] in _SURNAMES)
    return len(texts) >= 10 and likely >= NAMES_MOSTLY * len(texts)


def _is_date(digits: str) -> bool:
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return True
