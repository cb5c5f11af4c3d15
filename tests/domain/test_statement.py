"""A statement is a strict document without floats; its sums follow from its parts."""

import json
from dataclasses import replace

import pytest

from fedmarket.domain.codec import Amount, Signed
from fedmarket.domain.errors import DocumentError
from fedmarket.domain.statement import SCHEMA, Measured, Money, Proof, RoundPart, Statement, middle

MONEY = Money(
    pay=Amount(10**20),
    participation=Amount(5),
    owed=Amount(10**20 + 5),
    bond=Amount(1000),
    debit=Amount(100),
    forfeited=Amount(0),
    released=Amount(10**21),
    performance=Amount(10**21),
)
STATEMENT = Statement(
    chain_id=31337,
    contract="0x" + "9" * 40,
    task=1,
    terms=b"\x01" * 32,
    requester="0x" + "1" * 40,
    provider="0x" + "2" * 40,
    weight=10,
    validation_rows=114,
    rounds=(
        RoundPart(1, "accepted"),
        RoundPart(2, "nan"),
        RoundPart(3, "missed"),
        RoundPart(4, "accepted"),
        RoundPart(5, "accepted"),
    ),
    rounds_verified=4,
    best_round=4,
    credited=0,
    initial_ppb=Signed(-88_973_687),
    final_ppb=Signed(842_000_000),
    target_ppb=None,
    score_ppb=Signed(-9_083_200),
    measured=Measured(Signed(101), Signed(-(2**62)), 3),
    money=MONEY,
    proof=Proof(5, b"\x03" * 32, (b"\x04" * 32,), b"\x05" * 32),
)


def test_it_is_read_back_from_its_bytes_and_holds_no_float() -> None:
    assert Statement.read(STATEMENT.encoded) == STATEMENT
    document = json.loads(STATEMENT.encoded, parse_float=lambda text: pytest.fail(f"a float: {text}"))
    assert document["schema"] == SCHEMA
    assert document["money"]["owed"] == "100000000000000000005"
    assert document["measured"]["without_ppb"] == str(-(2**62))


@pytest.mark.parametrize("spelt", ["-0", "+1", "--1", "-", "", "1.5", "-01", 3])
def test_a_signed_number_has_one_spelling(spelt: object) -> None:
    document = json.loads(STATEMENT.encoded)
    document["score_ppb"] = spelt
    data = json.dumps(document, separators=(",", ":"), sort_keys=True).encode()
    with pytest.raises(DocumentError, match="score_ppb"):
        Statement.read(data)


def test_the_interval_is_rounded_outwards() -> None:
    assert STATEMENT.interval_ppb == (-9_083_200 - 198, -9_083_200 + 198)


def test_rounds_that_were_not_settled_on_count_for_nothing() -> None:
    assert STATEMENT.delivered == (1, 4)
    assert STATEMENT.missed == (3,)
    assert STATEMENT.refused == {"nan": (2,)}


def test_a_claim_pays_what_is_owed_and_what_is_left_of_the_bond() -> None:
    assert (MONEY.returned, MONEY.received, MONEY.balance) == (900, 10**20 + 905, 10**20 - 95)
    lost = replace(MONEY, pay=Amount(0), participation=Amount(0), owed=Amount(0), forfeited=Amount(1000))
    assert (lost.returned, lost.received, lost.balance) == (0, 0, -1000)


def figures(stderr: int, without: int, at: int = 1) -> Measured:
    return Measured(Signed(stderr), Signed(without), at)


def test_a_middle_is_taken_figure_by_figure_and_counts_who_is_within_the_tolerance() -> None:
    written = {"a": figures(5, 900, 7), "b": figures(10, 100, 2), "c": figures(12, 98, 3)}
    assert middle(written, 5) == (figures(10, 100, 2), ("b", "c"))
    assert middle(written, 1) == (figures(10, 100, 2), ("b",))
    assert middle({"a": figures(1, -2, 3)}, 0) == (figures(1, -2, 3), ("a",))


def test_where_two_writers_differ_nobody_is_counted_who_is_far_from_what_is_shown() -> None:
    assert middle({"a": figures(1, 200), "b": figures(90, 100)}, 5) == (figures(1, 100), ())
