"""A listing holds nothing of a row, says the same to Croissant's own reader, and shows what its owner allows."""

import json
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fedmarket.domain.listing import Chunks, Listing
from fedmarket.domain.listing_document import read_listing, write_listing
from fedmarket.domain.plain_text import ListingError
from fedmarket.embedded.about_file import read_about
from fedmarket.embedded.listing_build import build_listing, listing_salt
from fedmarket.learning.file_check import check_file
from tests.domain.refusals import refused

SECRET = b"\x01" * 32
TODAY = date(2026, 11, 25)
CANARY = "Canary"
ABOUT = """
name = "Outcomes"
description = "One row a patient."
publisher = "Clinic"
language = "en"
licence = "CC-BY-4.0"
[uses.train]
price = "12.5"
[provenance]
lawful_source = "Our own treatment."
authorisation = ["Patients"]
classification = "sensitive"
personal_information = "anonymised"
personal_statement = "No names."
use_case = "Models of outcomes."
billing = "per_task"
term = "One year."
updated = "yearly"
"""
SHARED = """
[statistics]
share = true
means = ["age"]
counts = ["outcome", "rare"]
"""
NOISED = """
[statistics]
share = true
epsilon = "2"
[statistics.bounds]
age = ["0", "120"]
[statistics.values]
outcome = ["yes", "no"]
"""


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A table that has a canary in every kind of cell: number, text, category, a rare one, the target's, a comment."""
    random = np.random.default_rng(3)
    lines = ["age,code,rare,comment,outcome"]
    for n in range(200):
        age = 77.7771 if n == 9 else round(float(random.normal(50, 9)), 4)
        rare = f"{CANARY}Rare" if n == 9 else "ab"[n % 2]
        lines.append(f"{age},{CANARY}{n * n},{rare},=cmd {CANARY} {n % 3},{'yes' if n % 3 else 'no'}")
    path = tmp_path / f"{CANARY}.csv"
    path.write_text("\n".join(lines) + "\n")
    return path


def built(table: Path, about: str = ABOUT, chunks: Chunks | None = None, without: tuple[str, ...] = ()) -> Listing:
    said = table.parent / "about.toml"
    said.write_text(about, encoding="utf-8")
    return build_listing(check_file(table, "outcome", None, without), read_about(said), SECRET, TODAY, chunks)


def test_no_cell_of_the_file_is_in_its_listing(table: Path) -> None:
    for about in (ABOUT, ABOUT + SHARED, ABOUT + NOISED):
        data = write_listing(built(table, about))
        assert CANARY.encode() not in data
        assert b"77.7771" not in data
        assert sha256(table.read_bytes()).hexdigest().encode() not in data, "whoever guesses the file could check it"


def test_findings_are_listed_by_kind_and_column_and_quote_nothing(table: Path) -> None:
    quality = {(line.finding, line.column) for line in built(table).quality}
    assert ("quality.formulas", "comment") in quality
    assert ("columns.left_out_identifier", "code") in quality


def test_mlcroissant_reads_the_listing_without_an_error_or_a_warning(table: Path) -> None:
    croissant = pytest.importorskip("mlcroissant", reason="mlcroissant is a development dependency")
    chunks = Chunks(bytes(32), 3, 4096)
    both = ABOUT.replace(
        "[provenance]", '[uses.copy]\nprice = "900"\nuntil = "2027-01-31"\nattribution = true\n[provenance]'
    )
    for listing in (built(table), built(table, ABOUT + SHARED), built(table, both, chunks)):
        read = croissant.Dataset(jsonld=json.loads(write_listing(listing)))
        issues = read.metadata.ctx.issues
        assert (issues.errors, issues.warnings) == (set(), set())
        assert read.metadata.name == "Outcomes"
        assert [field.name for field in read.metadata.record_sets[0].fields] == [
            "age", "code", "rare", "comment", "outcome",
        ]  # fmt: skip
        assert read.metadata.distribution[0].sha256 == listing.table.commitment.hex()


def test_the_conditions_are_an_odrl_offer(table: Path) -> None:
    about = ABOUT.replace('price = "12.5"', 'price = "12.5"\nuntil = "2027-01-31"\nattribution = true')
    policy = json.loads(write_listing(built(table, about)))["hasPolicy"]
    (permission,) = policy["permission"]
    assert policy["@type"] == "Offer" and permission["action"] == "urn:fedmarket:train"
    pay, attribute = permission["duty"]
    assert pay["constraint"][0]["rightOperand"] == str(125 * 10**17)
    assert (attribute["action"], attribute["attributedParty"]) == ("attribute", "Clinic")
    assert permission["constraint"][0]["rightOperand"]["@value"] == "2027-01-31"


def test_the_commitment_is_of_a_secret_salt_and_the_file(table: Path) -> None:
    salt = listing_salt(SECRET, sha256(table.read_bytes()).digest())
    assert built(table).table.commitment == sha256(salt + table.read_bytes()).digest()


def test_columns_that_seem_to_name_persons_are_refused_unless_explained(table: Path) -> None:
    table.write_text(table.read_text().replace("code", "name", 1))
    with refused(ListingError, "listing.identifiers_found"):
        built(table)
    assert built(table, without=("name",)).table.columns[1].name == "rare"
    reviewed = ABOUT + '[[reviewed]]\ncolumn = "name"\nreason = "Names of drugs."\n'
    assert built(table, reviewed).provenance.reviewed == (("name", "Names of drugs."),)


def test_an_unusable_table_is_refused_with_its_first_fault(table: Path) -> None:
    table.write_text(table.read_text().replace("outcome", "result", 1))
    with refused(ListingError, "listing.unusable"):
        built(table)


def test_a_copy_needs_the_root_of_its_chunks_and_all_columns(table: Path) -> None:
    copied = ABOUT.replace("uses.train", "uses.copy")
    with refused(ListingError, "listing.copy_without_chunks"):
        built(table, copied)
    with refused(ListingError, "listing.copy_left_out"):
        built(table, copied, Chunks(bytes(32), 3, 4096), without=("code",))
    listing = built(table, copied, Chunks(bytes(range(32)), 3, 4096))
    assert listing.chunks == Chunks(bytes(range(32)), 3, 4096) and listing.provenance.delivery == "copy"


def test_without_the_owners_word_there_are_no_statistics(table: Path) -> None:
    assert built(table).statistics is None
    assert built(table, ABOUT + SHARED.replace("true", "false")).statistics is None


def test_exact_statistics_say_nothing_of_few_rows(table: Path) -> None:
    shown = built(table, ABOUT + SHARED).statistics
    assert shown and shown.epsilon is None
    ages = [float(line.split(",")[0]) for line in table.read_text().splitlines()[1:]]
    assert float(shown.moments[0].mean) == pytest.approx(np.mean(ages), rel=1e-5)
    assert float(shown.moments[0].deviation) == pytest.approx(np.std(ages), rel=1e-5)
    assert {(line.column, line.value, line.rows) for line in shown.counts} == {
        ("outcome", "no", "67"),
        ("outcome", "yes", "133"),
        ("rare", "a", "100"),
        ("rare", "b", "99"),
    }


def test_noised_statistics_record_their_budget_and_are_near_the_truth(table: Path) -> None:
    exact, noised = (built(table, ABOUT + said).statistics for said in (SHARED, NOISED))
    assert exact and noised and noised.epsilon == "2"
    assert noised.moments != exact.moments
    assert float(noised.moments[0].mean) == pytest.approx(float(exact.moments[0].mean), abs=10)
    counts = {line.value: int(line.rows) for line in noised.counts}
    assert counts.keys() == {"yes", "no"} and abs(counts["yes"] - 133) < 40
    assert built(table, ABOUT + NOISED).statistics == noised, "asked again, the noise is the same"


def test_other_questions_about_the_same_file_get_unrelated_noise(table: Path) -> None:
    """Were the noise only scaled, two budgets would give two equations for the noise and the truth."""

    def noise(said: str) -> int:
        shown = built(table, ABOUT + said).statistics
        assert shown
        return int(next(line.rows for line in shown.counts if line.value == "yes")) - 133

    tiny = NOISED.replace('"2"', '"0.0001"')
    half = noise(tiny.replace('"0.0001"', '"0.00005"'))
    assert abs(half - 2 * noise(tiny)) > 10, "not the same draw at twice the scale"
    assert noise(tiny) != noise(tiny.replace('"120"', '"121"'))
    assert noise(tiny) != noise(tiny.replace('["yes", "no"]', '["yes", "no", "maybe"]'))


def test_noise_shrinks_as_the_budget_grows(table: Path) -> None:
    def error(epsilon: str) -> float:
        shown = built(table, ABOUT + NOISED.replace('"2"', f'"{epsilon}"')).statistics
        assert shown
        return sum(abs(int(line.rows) - {"yes": 133, "no": 67}[line.value]) for line in shown.counts)

    assert error("100") <= 2 < error("0.01")


@pytest.mark.parametrize(
    ("said", "error_id"),
    [
        (NOISED.replace('[statistics.bounds]\nage = ["0", "120"]', 'means = ["age"]'), "no_bounds"),
        (NOISED.replace('outcome = ["yes", "no"]', "outcome = []"), "no_bounds"),
        (NOISED.replace('"2"', '"0"'), "bad_choice"),
        (NOISED.replace('"2"', '"1000"'), "bad_choice"),
        (NOISED.replace('["0", "120"]', '["120", "0"]'), "bad_choice"),
        (NOISED.replace('["0", "120"]', '["0"]'), "bad_field"),
        (SHARED.replace('"age"', '"comment"'), "no_statistics_column"),
        (SHARED.replace('"rare"', '"weight"'), "no_statistics_column"),
        (SHARED.replace("share", "shared"), "bad_field"),
    ],
)
def test_statistics_that_cannot_be_shown_are_refused(table: Path, said: str, error_id: str) -> None:
    with refused(ListingError, f"listing.{error_id}"):
        built(table, ABOUT + said)


@pytest.mark.parametrize(
    ("old", "new", "error_id"),
    [
        ('name = "Outcomes"', "name = 7", "bad_field"),
        ('name = "Outcomes"', "", "text_missing"),
        ('name = "Outcomes"', 'name = "Outcomes"\nprice = "1"', "bad_field"),
        ('name = "Outcomes"', "name = ", "about_not_toml"),
        ('"12.5"', "12.5", "bad_field"),
        ('"12.5"', '"1e3"', "bad_price"),
        ('"12.5"', '"NaN"', "bad_price"),
        ('"12.5"', '"１２"', "bad_price"),
        ('"12.5"', '"0.0000000000000000001"', "bad_price"),
        ('"12.5"', '"-1"', "absurd_price"),
        ('"12.5"', '"10000000.1"', "absurd_price"),
        ("uses.train", "uses.rent", "bad_field"),
        ('use_case = "Models of outcomes."', "", "text_missing"),
        ('licence = "CC-BY-4.0"', 'licence = "LicenseRef-X"\nlicence_text = "none.txt"', "about_unreadable"),
    ],
)
def test_words_that_cannot_be_taken_are_refused_by_field(table: Path, old: str, new: str, error_id: str) -> None:
    with refused(ListingError, f"listing.{error_id}"):
        built(table, ABOUT.replace(old, new, 1))


def test_an_own_licence_is_listed_by_the_hash_of_its_text(table: Path) -> None:
    (table.parent / "licence.txt").write_text("Only on Sundays.")
    own = ABOUT.replace('"CC-BY-4.0"', '"LicenseRef-Sunday"\nlicence_text = "licence.txt"')
    licence = built(table, own).licence
    assert licence.text_hash == sha256(b"Only on Sundays.").digest()
    document: dict[str, Any] = json.loads(write_listing(built(table, own)))
    assert document["license"] == f"urn:fedmarket:LicenseRef-Sunday:{sha256(b'Only on Sundays.').hexdigest()}"


def test_a_listing_reads_back(table: Path) -> None:
    listing = built(table, ABOUT + NOISED)
    assert read_listing(write_listing(listing)) == listing
