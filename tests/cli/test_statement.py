"""The statement as people read it: from a real record, in both languages, as Markdown, HTML and JSON."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from rich.cells import cell_len

from fedmarket.audit.statements import Told, open_statements
from fedmarket.cli.keyfile import write_key_file
from fedmarket.cli.statement_looks import as_html, as_markdown
from fedmarket.cli.statement_page import Reader, StatementPage, statement_page
from fedmarket.domain.codec import Amount, Signed
from fedmarket.domain.errors import LANGUAGES, UsageError
from fedmarket.domain.merkle import verify
from fedmarket.domain.statement import Measured, RoundPart
from tests.agents.rogue_evaluators import MisinformsProviders
from tests.agents.rogue_providers import FreeRider
from tests.audit.exported import exported
from tests.audit.spoiling import Exhibit
from tests.cli.conftest import Command
from tests.simulation.world import World

LEAF = ("address", "uint256", "uint256", "uint256")
NASTY = '<script>alert(1)</script> & "x" | `y` *z* [l](http://e.vil) \x1b[31m\u202e'


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    folder = tmp_path_factory.mktemp("record")
    return folder, exported(folder, {"provider 0": FreeRider})


@pytest.fixture(scope="module")
def told(record: tuple[Path, World]) -> Told:
    folder, world = record
    return open_statements(folder, 1).read(world.secret("provider 1"))


@pytest.fixture
def key(record: tuple[Path, World], tmp_path: Path) -> Callable[[str], Path]:
    def written(role: str) -> Path:
        path = tmp_path / f"{role}.key"
        write_key_file(path, record[1].secret(role))
        return path

    return written


def page(told: Told, lang: str = "en", name: str | None = None) -> StatementPage:
    return statement_page(told, Reader(lang, name=name, unit="weight", folder=Path("run"), key="my.key"))


def words(told: Told, lang: str = "en") -> str:
    return as_markdown(page(told, lang)).replace("\\", "")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_tells_pay_contribution_rounds_the_model_without_bond_and_proof(told: Told, lang: str) -> None:
    text, found = words(told, lang), told.statement
    for ppb in (found.score_ppb, *found.interval_ppb, found.measured.without_ppb, found.final_ppb):
        assert f"{ppb / 1e9:.4f}" in text
    owed = found.money.owed
    assert f"{owed // 10**18}.{owed % 10**18:018d}" in text
    for value in (found.chain_id, found.contract, found.provider, found.requester, found.terms.hex()):
        assert str(value) in text
    for node in (*found.proof.path, found.proof.leaf, found.proof.payout_root):
        assert node.hex() in text
    assert "fedmarket audit run --task 1" in text
    assert "fedmarket provider statement run --task 1 --key my.key" in text


def test_the_leaf_and_the_proof_on_the_page_lead_to_the_root(told: Told) -> None:
    found = told.statement
    leaf = (found.provider, found.money.owed, found.money.debit + found.money.forfeited, found.proof.share_ppb)
    assert verify(found.proof.payout_root, LEAF, leaf, found.proof.path)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_word_of_one_language_stands_in_the_other(told: Told, lang: str) -> None:
    text = words(told, lang)
    assert bool(re.search("[一-鿿]", text)) is (lang == "zh")


def test_a_free_rider_reads_why_it_gets_nothing(record: tuple[Path, World]) -> None:
    folder, world = record
    rider = open_statements(folder, 1).read(world.secret("provider 0"))
    text = words(rider)
    assert "returned the model unchanged in 2 of 2 rounds; bond forfeited" in text
    assert "| refused: unchanged | 1-2 (2 of 2) |" in text
    assert "| what the task brought you in all | -10 |" in text


@pytest.mark.parametrize("liar", [0, 1, 2])
def test_a_lying_evaluator_is_not_shown_not_counted_and_named(
    told: Told, tmp_path: Path, liar: int, command: Command
) -> None:
    world = exported(tmp_path, {"provider 0": FreeRider, f"evaluator {liar}": MisinformsProviders})
    seen = open_statements(tmp_path, 1).read(world.secret("provider 1"))
    account = world.account(f"evaluator {liar}")
    assert seen.statement.measured == told.statement.measured
    assert (len(seen.writers), seen.differing) == (2, (account,))
    for lang, said in (("en", "measured by 2 of 3 evaluators"), ("zh", "由 3 个评估方中的 2 个衡量")):
        text = words(seen, lang)
        assert said in text and f"{account}" in text
    write_key_file(tmp_path / "p.key", world.secret("provider 1"))
    ended = command("provider", "statement", tmp_path, "--task", 1, "--key", tmp_path / "p.key", "--json")
    assert json.loads(ended.out)["differing"] == [account]


def test_what_is_printed_adds_up_to_the_last_digit(told: Told) -> None:
    pay, participation = 80_125_391 * 10**12, 9_756_097 * 10**12
    money = replace(
        told.statement.money, owed=Amount(pay + participation), pay=Amount(pay), participation=Amount(participation)
    )
    text = words(replace(told, statement=replace(told.statement, money=money)))
    assert (
        "You are owed 89.8814 tokens: 80.1254 for what your data taught the model, and 9.7560 for taking part" in text
    )


@pytest.mark.parametrize(
    ("final", "without", "said"),
    [
        (842_049_999, 813_250_001, "0.8133 instead of 0.8420: lower by 0.0287"),
        (842_000_001, 842_049_999, "0.8420, the same"),
        (-89_950_001, -90_049_999, "-0.0900, the same"),
        (842_050_000, 842_049_999, "0.8420 instead of 0.8421: lower by 0.0001"),
    ],
)
def test_a_difference_is_that_of_the_printed_figures(told: Told, final: int, without: int, said: str) -> None:
    measured = Measured(Signed(1), Signed(without), 1)
    statement = replace(told.statement, final_ppb=Signed(final), measured=measured)
    assert said in words(replace(told, statement=statement))


@pytest.mark.parametrize(
    ("score", "without_minus_final", "explained"),
    [
        (-(10**7), -(10**7), True),
        (10**7, 10**7, True),
        (10**7, -(10**7), False),
        (-(10**7), 10**7, False),
        (0, 1, False),
    ],
)
def test_opposite_signs_are_explained_and_only_they(
    told: Told, score: int, without_minus_final: int, explained: bool
) -> None:
    measured = Measured(Signed(1), Signed(told.statement.final_ppb + without_minus_final), 1)
    statement = replace(told.statement, score_ppb=Signed(score), measured=measured)
    assert ("have opposite signs, and both are right" in words(replace(told, statement=statement))) is explained


def test_it_says_whether_the_model_would_be_better_worse_or_the_same_without(told: Told) -> None:
    final = told.statement.final_ppb
    for without, said in ((final - 10**8, "lower by 0.1000"), (final + 10**8, "higher by 0.1000"), (final, "the same")):
        measured = Measured(Signed(1), Signed(without), 1)
        assert said in words(replace(told, statement=replace(told.statement, measured=measured)))


def test_missed_refused_cut_and_credited_rounds_are_told_apart(told: Told) -> None:
    outcomes = ("accepted", "accepted", "over_norm", "missed", "accepted", "nan", "accepted")
    rounds = tuple(RoundPart(number, outcome) for number, outcome in enumerate(outcomes, 1))
    statement = replace(told.statement, rounds=rounds, rounds_verified=6, credited=3)
    text = words(replace(told, statement=statement))
    assert "| accepted | 1-2, 5 (3 of 6) |" in text
    assert "| refused: NaN | 6 (1 of 6) |" in text and "| refused: over the norm | 3 (1 of 6) |" in text
    assert "| no update arrived | 4 (1 of 6) |" in text
    assert "Rounds 7 to 7 did not verify" in text
    assert "3 rounds that were not run count as delivered" in text


def test_what_was_not_claimed_yet_says_until_when_it_can_be(told: Told) -> None:
    text = words(replace(told, payment=None, claim_deadline=86_400))
    assert "1970-01-02 00:00 UTC" in text
    assert "9999-12-31" in words(replace(told, payment=None, claim_deadline=2**200))


class Tags(HTMLParser):
    """Collects the tags of a page and what a browser would load for it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.loads: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.loads += [value or "" for name, value in attrs if name in ("src", "href", "action", "style")]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_foreign_text_is_escaped_and_the_html_loads_nothing(told: Told, lang: str) -> None:
    parser, text = Tags(), as_html(page(told, lang, name=NASTY))
    parser.feed(text)
    assert not parser.tags & {"script", "img", "link", "iframe", "a"} and parser.loads == []
    assert "url(" not in text and "@import" not in text
    assert "\x1b" not in text and "\u202e" not in text
    assert "&lt;script&gt;" in text


def test_foreign_text_makes_no_mark_in_markdown(told: Told) -> None:
    text = as_markdown(page(told, name=NASTY))
    assert "<script" not in text.replace("\\<", "") and "\x1b" not in text
    assert r"\[l\](http" in text and r"\*z\*" in text and r"\`y\`" in text


def test_the_command_prints_markdown_or_writes_new_files_for_its_owner_alone(
    command: Command, record: tuple[Path, World], key: Callable[[str], Path], tmp_path: Path
) -> None:
    mine = key("provider 1")
    printed = command("provider", "statement", record[0], "--task", 1, "--key", mine)
    assert (printed.code, printed.err) == (0, "") and printed.out.startswith("# Statement for 0x")
    files = ["--html", tmp_path / "s.html", "--markdown", tmp_path / "s.md"]
    written = command("provider", "statement", record[0], "--task", 1, "--key", mine, *files)
    assert (written.code, written.out, written.err) == (0, "", "")
    assert (tmp_path / "s.md").read_text(encoding="utf-8") == printed.out
    assert (tmp_path / "s.html").stat().st_mode & 0o077 == 0
    again = command("provider", "statement", record[0], "--task", 1, "--key", mine, *files)
    assert again.code == 2 and "is there already" in again.err
    assert (tmp_path / "s.md").read_text(encoding="utf-8") == printed.out


def test_as_json_amounts_are_strings(command: Command, record: tuple[Path, World], key: Callable[[str], Path]) -> None:
    ended = command("provider", "statement", record[0], "--task", 1, "--key", key("provider 1"), "--json")
    told = json.loads(ended.out, parse_float=lambda text: pytest.fail(f"a float: {text}"))
    assert told["statement"]["schema"] == "fedmarket/statement/1"
    assert isinstance(told["statement"]["money"]["owed"], str) and told["payment"]["owed"].isdigit()
    assert len(told["evaluators"]) == told["seats"] == 3


def test_an_evaluator_makes_anybodys(command: Command, record: tuple[Path, World], key: Callable[[str], Path]) -> None:
    folder, world = record
    arguments = ("provider", "statement", folder, "--task", 1, "--key", key("evaluator 0"))
    ended = command(*arguments, "--provider", world.account("provider 2"))
    assert ended.code == 0 and world.account("provider 2") in ended.out
    for lang in LANGUAGES:
        unnamed = command(*arguments, "--lang", lang)
        assert unnamed.code == 2 and world.account("provider 2") in unnamed.err and unnamed.out == ""


@pytest.mark.parametrize(
    ("role", "provider", "said"),
    [
        ("provider 1", "provider 2", "opens its own statement only"),
        ("aggregator", None, "neither a provider nor an evaluator"),
        ("requester", "provider 2", "neither a provider nor an evaluator"),
        ("evaluator 0", "requester", "is no provider of task 1"),
    ],
)
def test_whose_key_does_not_fit_is_told_so(
    command: Command,
    record: tuple[Path, World],
    key: Callable[[str], Path],
    role: str,
    provider: str | None,
    said: str,
) -> None:
    folder, world = record
    other = ("--provider", world.account(provider)) if provider else ()
    ended = command("provider", "statement", folder, "--task", 1, "--key", key(role), *other)
    assert ended.code == 2 and ended.out == "" and said in ended.err and ended.err.count("\n") == 1


def test_a_record_without_statements_says_whom_to_ask(tmp_path: Path) -> None:
    world = exported(tmp_path)
    for path in (tmp_path / "store" / "slots").rglob("*"):
        if path.is_file() and "statements" in path.parts:
            path.unlink()
    with pytest.raises(UsageError, match="ask an evaluator"):
        open_statements(tmp_path, 1).read(world.secret("provider 0"))


def test_a_settlement_that_does_not_follow_gets_no_statement(tmp_path: Path) -> None:
    exported(tmp_path)
    exhibit = Exhibit(tmp_path)

    def other(fields: dict[str, object]) -> dict[str, object]:
        vote = fields["vote"]
        return {**fields, "vote": replace(vote, payout_root=b"\1" * 32)}  # type: ignore[type-var]

    exhibit.change_fields("Confirmed", other)
    exhibit.change_fields("TaskSettled", other)
    with pytest.raises(UsageError, match="not settled by agreement"):
        open_statements(tmp_path, 1)


@pytest.mark.parametrize("words_of", [("provider",), ("provider", "statement")])
@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_commands_explain_themselves(command: Command, words_of: tuple[str, ...], lang: str) -> None:
    ended = command(*words_of, "--help", "--lang", lang)
    assert ended.code == 0 and ended.err == ""
    assert ended.out.count("  fedmarket provider ") >= 2
    assert max(map(cell_len, ended.out.splitlines())) <= 80
