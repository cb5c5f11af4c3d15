"""What names a person is told by its shape and its checksum, and numbers that only look long are left alone."""

import pytest

from fedmarket.learning.identifiers import (
    Identifier,
    found_in,
    is_card_number,
    is_identity_number,
    look_like_names,
    plain_digits,
    said_by,
)


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("11010519491231002X", True),  # the example of GB 11643-1999
        ("440524188001010014", False),  # the standard's other example: nobody alive was born in 1880
        ("11010519491231002x", True),
        ("110105194912310021", False),
        ("110105194902300029", False),  # 30 February
        ("990105194912310021", False),  # no such province
        ("1101051949123100", False),
        ("11010519491231OO2X", False),
    ],
)
def test_an_identity_number_has_a_province_a_date_and_a_check_character(number: str, valid: bool) -> None:
    assert is_identity_number(number) is valid


def test_one_wrong_digit_anywhere_breaks_an_identity_number() -> None:
    right = "11010519491231002X"
    for place in range(17):
        wrong = right[:place] + str((int(right[place]) + 1) % 10) + right[place + 1 :]
        assert not is_identity_number(wrong), wrong


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("4111111111111111", True),
        ("4111 1111 1111 1111", True),
        ("378282246310005", True),
        ("6222021234567890126", False),
        ("4111111111111112", False),
        ("1111111111111117", False),  # no bank card begins with 1
        ("4444444444444444", False),
        ("411111111111", False),
    ],
)
def test_a_card_number_passes_luhn(number: str, valid: bool) -> None:
    assert is_card_number(number) is valid


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("联系人 13812345678 上午", Identifier.PHONE),
        ("+86 138-1234-5678", Identifier.PHONE),
        ("010-12345678", Identifier.PHONE),
        ("+49 171 1234567", Identifier.PHONE),
        ("１３８１２３４５６７８", Identifier.PHONE),
        ("write to a.b+c@example.org, please", Identifier.EMAIL),
        ("身份证11010519491231002X", Identifier.IDENTITY_CARD),
        ("4111-1111-1111-1111", Identifier.BANK_CARD),
        ("12.13812345678", None),
        ("0.4111111111111111", None),
        ("138123456789", None),
        ("12812345678", None),
        ("2024-01-31", None),
        ("a@b", None),
        ("1e10", None),
    ],
)
def test_identifiers_are_found_inside_a_cell(cell: str, kind: Identifier | None) -> None:
    assert found_in(plain_digits(cell)) is kind


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("姓名", Identifier.NAME),
        ("First Name", Identifier.NAME),
        ("手机号", Identifier.PHONE),
        ("身份证号码", Identifier.IDENTITY_CARD),
        ("E-mail", Identifier.EMAIL),
        ("date of birth", Identifier.BIRTH_DATE),
        ("家庭住址", Identifier.ADDRESS),
        ("银行卡号", Identifier.BANK_CARD),
        ("product name", None),
        ("telomere length", None),
        ("mean radius", None),
    ],
)
def test_a_heading_says_what_a_column_holds(heading: str, kind: Identifier | None) -> None:
    assert said_by(heading) is kind


def test_chinese_names_are_told_from_other_short_chinese_words() -> None:
    given = ("小明", "伟", "秀英", "娜", "静", "强")
    assert look_like_names(tuple(surname + name for surname in "王李张刘" for name in given))
    assert not look_like_names(("王小明", "李四"))
    assert not look_like_names(tuple(f"第{number}组" for number in "一二三四五六七八九十"))
