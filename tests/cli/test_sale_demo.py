"""`fedmarket demo --exchange`: what it prints in both languages, as JSON, and when the money went wrong."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import typer

from fedmarket.cli.language import Words
from fedmarket.cli.programs import RunSale
from fedmarket.cli.sale_demo import sale_json, show_sale, went_right
from fedmarket.domain.exchange.state import OrderStatus
from fedmarket.embedded.sale import Deed, SaleDemo, SaleLine
from tests.cli.conftest import Command

UNIT = 10**18
HONEST = SaleLine(
    (Deed("buyer", "order", 100_000), Deed("seller", "deliver", None), Deed("seller", "claim", 50_000)),
    OrderStatus.PAID,
    delivered=True,
)
SPOILED = SaleLine((Deed("buyer", "dispute", 222_000),), OrderStatus.DISPUTED, delivered=False)
BALANCES = {"seller": (200 * UNIT, 248 * UNIT), "buyer": (200 * UNIT, 152 * UNIT)}
RESULT = SaleDemo(2**20, 258, 50 * UNIT, 2 * UNIT, 120, HONEST, SPOILED, BALANCES, 0)
WRONG = [
    replace(RESULT, left=1),
    replace(RESULT, honest=replace(HONEST, delivered=False)),
    replace(RESULT, honest=replace(HONEST, status=OrderStatus.REFUNDED)),
    replace(RESULT, spoiled=replace(SPOILED, status=OrderStatus.PAID)),
    replace(RESULT, spoiled=replace(SPOILED, delivered=True)),
    replace(RESULT, balances={**BALANCES, "buyer": (200 * UNIT, 153 * UNIT)}),
    replace(RESULT, balances={**BALANCES, "seller": (200 * UNIT, 247 * UNIT)}),
]


def giving(result: SaleDemo) -> RunSale:
    def run(seed: int, folder: Path, on_sale: Callable[[int], None]) -> SaleDemo:
        assert folder.is_dir() and not list(folder.iterdir())
        on_sale(1)
        on_sale(2)
        return result

    return run


@pytest.mark.parametrize(
    ("lang", "shown"),
    [
        (
            "en",
            ["proved chunk 120 wrong: got 50 tokens back, and the bond of 2", "the exchange holds nothing any more"],
        ),
        ("zh", ["证明第 120 块错误：取回 50 代币，并获得 2 代币的保证金", "交易合约中不再有任何资金"]),
    ],
)
def test_both_sales_and_the_money_are_told(
    lang: str, shown: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show_sale(4, tmp_path, Words(lang), giving(RESULT), as_json=False)
    printed = "".join(capsys.readouterr().out.split("\n"))
    for text in (*shown, "150,000", "222,000", "+48", "-48"):
        assert text in printed, text


def test_json_holds_amounts_in_base_units_and_states_by_name() -> None:
    told = json.loads(sale_json(RESULT))
    assert (told["price"], told["money_right"]) == (50 * UNIT, True)
    assert (told["honest"]["status"], told["honest"]["gas"]) == ("paid", 150_000)
    assert told["spoiled"]["status"] == "disputed"


@pytest.mark.parametrize("result", WRONG)
def test_money_that_ended_otherwise_is_said_and_exits_with_1(
    result: SaleDemo, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not went_right(result)
    with pytest.raises(typer.Exit) as ended:
        show_sale(4, tmp_path, Words("en"), giving(result), as_json=False)
    assert ended.value.exit_code == 1
    assert "otherwise than it should" in capsys.readouterr().out


def test_a_chain_cannot_be_named_with_it(command: Command) -> None:
    ended = command("demo", "--exchange", "--rpc-url", "http://127.0.0.1:1")
    assert ended.code == 2
    assert "runs in this process only" in ended.err


def test_the_command_plays_it_for_real(command: Command) -> None:
    ended = command("demo", "--exchange", "--json")
    assert ended.code == 0, ended.err
    assert json.loads(ended.out)["money_right"] is True
