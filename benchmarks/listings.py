"""What it costs to offer a dataset: the catalogue's gas, the time to check a file, and what noise does to a mean."""

from dataclasses import replace
from pathlib import Path
from statistics import mean
from tempfile import TemporaryDirectory
from time import process_time

import numpy as np

from benchmarks.command import run
from benchmarks.gas import word
from benchmarks.result import Cell, Found, Size, Table, Verdict
from fedmarket.chain.catalogue import RpcCatalogue
from fedmarket.chain.deploy import deploy_catalogue
from fedmarket.chain.tester import FAUCET, TesterChain
from fedmarket.domain.accounts import address_of
from fedmarket.domain.catalogue import Offered
from fedmarket.domain.discrete_laplace import draws
from fedmarket.learning.file_check import check_file
from fedmarket.learning.sheet import Numbers, Sheet
from fedmarket.learning.table_statistics import Shown, statistics_of

DEAR = 9_876_543_219_876_543_219_876_543
"""A price without a zero byte: the dearest call data."""
COLUMNS = 20
EPSILONS = ("0.1", "1", "10")
NOISED_ROWS = 1_000


def measure(size: Size, seed: int) -> Found:
    """Call every verb once on a fresh catalogue, check two files, and noise the mean of one column again and again."""
    rows, draws_each = (200_000, 200) if size is Size.FULL else (2_000, 5)
    gas = _gas()
    return Found(
        tables=(
            Table("gas", ("verb", "gas"), tuple(gas.items())),
            Table("check", ("what", "mb_per_second", "rows_per_second"), tuple(_checks(rows, seed))),
            Table("noise", ("epsilon", "error_sd"), tuple(_noise(draws_each, seed))),
        ),
        verdicts=(Verdict("publish", 120_000, max(gas["publish_first"], gas["publish"])),),
        facts={"rows": rows, "noised_rows": NOISED_ROWS},
    )


def _gas() -> dict[str, int]:
    owner = word("owner")
    market = TesterChain.start([address_of(owner)])
    deployed = deploy_catalogue(market.web3, FAUCET, market.token)
    catalogue = RpcCatalogue(market.web3, deployed.market, first_block=deployed.block)
    offers = [Offered(word(f"listing {n}"), 7, DEAR, DEAR, DEAR) for n in range(3)]

    def call(verb: str, *args: object) -> int:
        return catalogue.call(owner, verb, *args).gas_used

    return {
        "deploy_catalogue": deployed.gas,
        "publish_first": call("publish", *offers[0].arguments),
        "publish": call("publish", *offers[1].arguments),
        "revise": call("revise", 1, 2, *replace(offers[2], train_price=DEAR - 1).arguments),
        "retire": call("retire", 1),
    }


def _checks(rows: int, seed: int) -> list[tuple[Cell, ...]]:
    """Check a file of numbers and one of notes, and return what each manages in a second."""
    random = np.random.default_rng(seed)
    numbers = (",".join(f"{value:.4f}" for value in random.normal(size=COLUMNS)) for _ in range(rows))
    words = ("mild", "pain", "left", "knee", "seen", "again", "after", "visit", "on", "2026-03-11")
    notes = (" ".join(words[place] for place in random.integers(0, len(words), 60)) for _ in range(rows // 4))
    header = ",".join(f"c{place}" for place in range(COLUMNS))
    found: list[tuple[Cell, ...]] = []
    with TemporaryDirectory() as folder:
        for name, head, lines in (("numbers", header, numbers), ("notes", "c0", notes)):
            path = Path(folder) / f"{name}.csv"
            text = "".join(f"{line},{place % 2}\n" for place, line in enumerate(lines))
            path.write_text(f"{head},y\n{text}")
            # Work, not waiting: other users of the machine change how long it takes, and not what it is.
            begun = process_time()
            check = check_file(path, "y")
            seconds = process_time() - begun
            found.append((name, path.stat().st_size / 1e6 / seconds, check.rows / seconds))
    return found


def _noise(times: int, seed: int) -> list[tuple[Cell, ...]]:
    """Return, for each budget, the mean distance of a noised mean from the true one, in the column's deviations."""
    values = np.random.default_rng(seed).normal(50, 10, NOISED_ROWS)
    sheet = Sheet({"x": Numbers(values)}, np.arange(NOISED_ROWS))
    rows: list[tuple[Cell, ...]] = []
    for epsilon in EPSILONS:
        shown = Shown({"x": ("0", "100")}, {}, epsilon)
        found = [statistics_of(sheet, shown, draws(word("owner"), "benchmark", epsilon, n)) for n in range(times)]
        errors = [abs(float(each.moments[0].mean) - values.mean()) / values.std() for each in found]
        rows.append((epsilon, mean(errors)))
    return rows


if __name__ == "__main__":
    run("listings", measure)
