"""The demo of the exchange, on a real EVM: one sale is paid, the other is proved wrong and paid back."""

from pathlib import Path

import pytest

from fedmarket.domain.exchange.state import OrderStatus
from fedmarket.embedded.sale import SaleDemo, run_sale


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> SaleDemo:
    return run_sale(4, tmp_path_factory.mktemp("sale"))


def test_the_honest_sale_delivers_the_file_and_pays_the_seller(played: SaleDemo) -> None:
    assert (played.honest.status, played.honest.delivered) == (OrderStatus.PAID, True)
    verbs = [(deed.who, deed.verb) for deed in played.honest.deeds]
    assert verbs == [
        ("buyer", "order"),
        ("buyer", "address"),
        ("seller", "deliver"),
        ("buyer", "accept"),
        ("seller", "reveal"),
        ("buyer", "open"),
        ("seller", "claim"),
    ]


def test_the_corrupted_chunk_is_proved_and_the_buyer_gets_price_and_bond(played: SaleDemo) -> None:
    assert (played.spoiled.status, played.spoiled.delivered) == (OrderStatus.DISPUTED, False)
    assert (played.spoiled.deeds[-1].who, played.spoiled.deeds[-1].verb) == ("buyer", "dispute")


def test_every_token_is_somebodys(played: SaleDemo) -> None:
    gains = {name: after - before for name, (before, after) in played.balances.items()}
    assert gains == {"seller": played.price - played.bond, "buyer": played.bond - played.price}
    assert played.left == 0


def test_calls_cost_gas_and_papers_none(played: SaleDemo) -> None:
    for line in (played.honest, played.spoiled):
        calls = {deed.verb for deed in line.deeds if deed.gas}
        assert calls <= {"order", "reveal", "claim", "dispute"}
    assert played.spoiled.deeds[-1].gas is not None and played.spoiled.deeds[-1].gas <= 260_000


def test_a_seed_gives_the_same_demo_again(played: SaleDemo, tmp_path: Path) -> None:
    assert run_sale(4, tmp_path) == played
