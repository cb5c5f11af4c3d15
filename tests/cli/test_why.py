"""The reason for what a provider is owed."""

from dataclasses import replace

import pytest

from fedmarket.cli.why import reason_word, why
from fedmarket.domain.errors import LANGUAGES, _catalogue
from fedmarket.embedded.report import ProviderLine
from tests.cli.fixtures import CLAMPED, FREE, HONEST, PROVIDERS, STRONG, TOKEN


def reason(line: ProviderLine, lang: str = "en") -> str:
    return why(line, (line, STRONG, *PROVIDERS[2:]), lang, "biopsies")


def test_a_free_rider_returned_the_model_unchanged() -> None:
    assert reason(FREE) == "returned the model unchanged in 12 of 12 rounds; bond forfeited"
    assert reason(FREE, "zh") == "12 轮中有 12 轮原样交回模型；保证金被没收"


def test_a_rider_that_was_away_part_of_the_time_is_told_so() -> None:
    away = replace(FREE, refused={"unchanged": 10})
    assert reason(away) == ("returned the model unchanged in 10 of 12 rounds; missed 2 of 12 rounds; bond forfeited")


def test_a_harmful_contribution_is_clamped() -> None:
    assert reason(CLAMPED) == (
        "its updates raised the validation loss: negative contribution, clamped at zero; paid for taking part"
    )
    assert reason(replace(CLAMPED, participation=0)).endswith("clamped at zero")


def test_a_debited_account_reads_how_much() -> None:
    debited = replace(CLAMPED, participation=0, debit=TOKEN // 2)
    assert reason(debited) == "its updates raised the validation loss: 0.5000 tokens debited from its bond"


def test_who_sent_nothing_reads_that() -> None:
    assert reason(replace(FREE, refused={})) == "sent no update in 12 rounds; bond forfeited"


def test_who_was_always_refused_reads_why() -> None:
    refused = replace(FREE, refused={"nan": 5, "over_norm": 7})
    assert reason(refused) == "12 of 12 updates refused (5 × NaN, 7 × over the norm); bond forfeited"


def test_an_honest_provider_reads_its_share_of_the_gain() -> None:
    assert reason(HONEST) == "18.3 % of the positive contributions, from 39 biopsies"
    assert reason(HONEST, "zh") == "以 39 例活检占正贡献的 18.3 %"


def test_shares_are_of_the_positive_contributions_as_pay_is() -> None:
    alone = (HONEST, CLAMPED)
    assert why(HONEST, alone, "en") == "100.0 % of the positive contributions, from a weight of 39"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_nothing_is_called_a_gain_as_contributions_may_add_up_to_a_loss(lang: str) -> None:
    loss = replace(CLAMPED, score_ppb=-10 * HONEST.score_ppb)
    text = why(HONEST, (HONEST, loss), lang)
    assert "100.0 %" in text and "gain" not in text and "增益" not in text


def test_a_contribution_near_zero_is_called_that() -> None:
    small = replace(HONEST, score_ppb=1_000_000)
    assert (
        reason(small) == "0.1 % of the positive contributions, from 39 biopsies; within two standard errors of nothing"
    )


def test_a_contribution_of_nothing_is_called_that() -> None:
    assert reason(replace(HONEST, score_ppb=0)).startswith("its updates changed the validation loss neither way")


def test_missed_and_refused_rounds_are_told_apart() -> None:
    line = replace(HONEST, delivered=8, refused={"nan": 1})
    assert reason(line) == (
        "18.3 % of the positive contributions, from 39 biopsies; "
        "1 of 12 updates refused (1 × NaN); missed 3 of 12 rounds"
    )


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_reason_of_the_gate_has_a_word(lang: str) -> None:
    assert [name for name in _catalogue("en", "update") if f"reason_{name}" not in _catalogue(lang, "why")] == []
    assert reason_word("something_new", lang) == "something_new"
