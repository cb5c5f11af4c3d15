"""Break the contract on purpose, one thing at a time, and count what the tests notice.

    python -m tests.contracts.stateful.mutants [--jobs 2] [--tests tests/contracts/unit ...] [--only TEXT] [--check]

Each mutant is a copy of contracts/ with one text replaced; the tests run against it and must fail. The copies lie
in a temporary folder, the tree itself is not touched. Not part of the test run: it takes minutes.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
CARRIED = ("contracts", "tests/contracts", "pyproject.toml")
TESTS = ("tests/contracts/stateful/test_stateful_contract.py",)
PATIENCE = 300


@dataclass(frozen=True)
class Mutant:
    """One text of one contract file, which must stand there exactly once, and what it is replaced by."""

    file: str
    old: str
    new: str

    def apply(self, contracts: Path) -> None:
        """Replace the text in a copy of the contracts; raises SystemExit where it does not stand there once."""
        path = contracts / self.file
        text = path.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise SystemExit(f"{self.file}: {text.count(self.old)} times, not once: {self.old!r}")
        path.write_text(text.replace(self.old, self.new), encoding="utf-8")

    def __str__(self) -> str:
        return f"{self.file}: {self.old.strip()}  ->  {self.new.strip() or 'nothing'}"


def _in(file: str, *changes: tuple[str, str]) -> list[Mutant]:
    return [Mutant(file, old, new) for old, new in changes]


MUTANTS = [
    *_in(
        "opening.vy",
        ("ledger.task_of[msg.sender][terms.terms_hash] = task_id\n", "pass\n"),
        ("progress.seated & bit == 0, refusal.SEAT_TAKEN", "True, refusal.SEAT_TAKEN"),
        ("progress.seated |= bit", "progress.seated = bit"),
        ("        bond = bonds.evaluator\n", "        pass\n"),
        ("refusal.require((lifecycle.SEATS >> part.role) & 1 == 1, refusal.NOT_A_SEAT)", "pass"),
        ("block.timestamp <= progress.opened_at + limits.join_window, refusal.JOIN", "True, refusal.JOIN"),
        ("progress.opened_at + limits.join_window, refusal.JOINING_OPEN", "progress.opened_at, refusal.JOINING_OPEN"),
        ("full or block.timestamp > progress", "full or block.timestamp >= progress"),
        ("block.timestamp <= progress.opened_at + limits.join_window", "block.timestamp < progress.opened_at + limits.join_window"),
        ("refusal.require(block.timestamp <= deadline, refusal.START", "refusal.require(block.timestamp < deadline, refusal.START"),
        ("refusal.require(ledger.parts[task_id][msg.sender] == 0, refusal.ONE_ROLE_ONLY)", "pass"),
        ("refusal.require(ledger.parts[task_id][account] == 0, refusal.ONE_ROLE_ONLY)", "pass"),
        ("progress.providers < limits.max_providers", "progress.providers <= limits.max_providers"),
        ("progress.total_weight + weight <= limits.max_weight", "weight <= limits.max_weight"),
        ("refusal.require(admitted, refusal.NOT_ADMITTED)", "pass"),
        ("abi_encode(msg.sender, weight, price)", "abi_encode(msg.sender, weight, convert(0, uint256))"),
        ("progress.providers += 1", "pass"),
        ("progress.total_weight += weight", "progress.total_weight = weight"),
        ("purse_word.Purse(budget=0, bonds=bond)", "purse_word.Purse(budget=bond, bonds=0)"),
        ("progress.seated == taken, refusal", "True, refusal"),
        ("progress.providers >= limits.min_providers", "progress.providers + 1 >= limits.min_providers"),
        ("progress.total_weight >= limits.min_weight", "progress.total_weight > limits.min_weight"),
        ("    payments.pull(msg.sender, escrow, permit)\n", ""),
    ),
    *_in(
        "task_terms.vy",
        ("2 * terms.trigger_reward <= least_bond", "terms.trigger_reward <= least_bond"),
        ("len(terms.evaluators) % 2 == 1", "len(terms.evaluators) > 0"),
        ("terms.provider_bond * terms.min_weight >= 2 * terms.performance", "terms.provider_bond * terms.min_weight >= terms.performance"),
        ("windows.submit < windows.round", "windows.submit <= windows.round"),
        ("refusal.require(terms.participation == 0, refusal.OPEN_WITH_PARTICIPATION)", "pass"),
    ),
    *_in(
        "training.vy",
        ("part.announced = 1", "part.announced = 0"),
        ("part.role == lifecycle.AGGREGATOR and part.place == progress.attempt", "part.role == lifecycle.AGGREGATOR"),
        ("block.timestamp > progress.opened_at + progress.submit_window", "block.timestamp >= progress.opened_at + progress.submit_window"),
        ("n_updates <= progress.providers", "n_updates <= progress.providers + 1"),
        ("delivered_weight <= progress.total_weight", "True"),
        ("n_updates <= delivered_weight and not nobody", "n_updates <= delivered_weight"),
        ("progress.delivered_weight += delivered_weight", "progress.delivered_weight = delivered_weight"),
        ("last: bool = round_number == progress.last_round", "last: bool = round_number + 1 == progress.last_round"),
        ("part.place > progress.attempt, refusal", "part.place >= progress.attempt, refusal"),
        ("refusal.require(block.timestamp > turn, refusal.NOT_YOUR_TURN)", "refusal.require(block.timestamp >= turn, refusal.NOT_YOUR_TURN)"),
        ("progress.round_window * (part.place - progress.attempt)", "progress.round_window * part.place"),
        ("refusal.require(block.timestamp <= deadline, refusal.TRAINING_DEADLINE_PASSED)", "pass"),
        ("first_round: uint256 = progress.round + 1", "first_round: uint256 = max(progress.round, 1)"),
        ("    progress.attempt = part.place\n", ""),
        ("progress.round >= patience", "progress.round > patience"),
        ("    ledger.only_requester(task_id)\n", ""),
        ("refusal.require(block.timestamp > deadline, refusal.TOO_EARLY)", "refusal.require(block.timestamp >= deadline, refusal.TOO_EARLY)"),
        ("if progress.round != 0:", "if progress.round > 1:"),
        ("(aggregators - progress.attempt)", "aggregators"),
        ("after.stalled |= 1 << attempt", "after.stalled = 1 << attempt"),
        ("ledger.forfeit(bond - reward)", "ledger.forfeit(bond)"),
    ),
    *_in(
        "scoring.vy",
        ("seats.committed & (1 << seat) == 0, refusal", "True, refusal"),
        ("refusal.require(seats.commits_done_at != 0 or late, refusal.COMMITS_OPEN)", "pass"),
        ("if seats.revealed == seats.committed:", "if seats.revealed == seats_word.everybody(seats.evaluators):"),
        ("task_id, msg.sender, keccak256(table), salt", "task_id, keccak256(table), salt"),
        ("refusal.require(seats.reveals_done_at != 0 or late, refusal.REVEALS_OPEN)", "pass"),
        ("refusal.require(seats.revealed & bit != 0, refusal.NEVER_REVEALED)", "pass"),
        ("others: uint256 = seats.voted & ~bit", "others: uint256 = seats.voted"),
        ("votes <= seats.evaluators // 2", "votes < seats.evaluators // 2"),
        ("vote.rounds_verified <= progress.round", "vote.rounds_verified <= progress.last_round"),
        ("n_paid > seats.evaluators // 2", "n_paid >= seats.evaluators // 2"),
        ("seats.revealed & ~vote.unpaid & ~vote.forfeited", "seats.revealed & ~vote.unpaid"),
        ("vote.debits == 0 or ledger.stake(task_id).open_admission", "True"),
        ("vote.debits <= purse.bonds and vote.forfeits <= purse.bonds - vote.debits", "vote.debits <= purse.bonds and vote.forfeits <= purse.bonds"),
        ("refusal.require(vote.refund == budget - vote.owed + unspent, refusal.SUM_MISMATCH)", "pass"),
        ("vote.forfeited | (seats_word.everybody(seats.evaluators) & ~seats.revealed)", "vote.forfeited"),
        ("if seats.stalled & bad == 0:", "if True:"),
        ("vote.rounds_verified < progress.round:", "vote.rounds_verified + 1 < progress.round:"),
        ("vote.rounds_verified + 1)", "vote.rounds_verified)"),
        ("- vote.debits - vote.forfeits", "- vote.debits"),
        ("seats_word.everybody(seats.evaluators) & ~seats.voted", "seats_word.everybody(seats.evaluators) & ~seats.revealed"),
        ("outcome.paid_seats = seats.revealed", "outcome.paid_seats = seats.voted"),
        ("ledger.forfeit(lost - reward)", "ledger.forfeit(lost)"),
        ("pay.participation * progress.delivered_weight // whole", "pay.participation"),
    ),
    *_in(
        "payment.vy",
        ("refusal.require(proved, refusal.WRONG_PROOF)\n    bond", "bond"),
        ("bond - min(debit, bond)", "bond"),
        ("abi_encode(account, owed, debit, share_ppb)", "abi_encode(owed, debit, share_ppb)"),
        ("refusal.require(best or msg.sender == account, refusal.NOT_YOURS)", "pass"),
        ("refusal.require(part.announced != 0, refusal.NEVER_DELIVERED)", "pass"),
        ("refusal.require(slot == ledger.round_slot[task_id][round_number], refusal.WRONG_ROUND_SLOT)", "pass"),
        ("delivered <= round_number, refusal", "delivered <= progress.last_round + 5, refusal"),
        ("owed = min(owed, ledger.purse(task_id).budget)", "pass"),
        ("block.timestamp > claim_deadline", "block.timestamp >= claim_deadline"),
        ("    ledger.tasks[task_id].purse = 0\n", ""),
        ("ledger.forfeit(purse.bonds)", "pass"),
        ("    ledger.forfeited = 1\n", ""),
        ("part.price * delivered // progress.last_round", "part.price * delivered // progress.round"),
        ("ledger.drop_part(task_id, account)\n    log events.Claimed", "log events.Claimed"),
        ("    ledger.save(task_id, after)\n", ""),
        ("ledger.tasks[task_id].purse = purse_word.less(ledger.tasks[task_id].purse, 0, amount)", "pass"),
        ("amount = ledger.rest(task_id, progress.status)\n        ledger.drop_part(task_id, account)", "amount = ledger.rest(task_id, progress.status)"),
        ("progress.status == lifecycle.CANCELLED and part.role != lifecycle.NOBODY", "part.role != lifecycle.NOBODY"),
    ),
    *_in(
        "ledger.vy",
        ("    moved.opened_at = block.timestamp\n", ""),
        ("seats.stalled | outcome.forfeited", "outcome.forfeited"),
        ("self.escrow(task_id) if status == lifecycle.CANCELLED else self.outcome(task_id).refund", "self.outcome(task_id).refund"),
        ("(progress.seated >> place) & 1 == 0", "False"),
    ),
    *_in(
        "seats_word.vy",
        ("end = min(end, upto + 1)", "pass"),
        ("first <= round", "first < round"),
        ("end = later\n            break", "end = later"),
        ("opened_at + s.commit_window\n    return end", "opened_at\n    return end"),
    ),
    *_in("purse_word.vy", ("owed <= p.budget, refusal", "True, refusal"), ("bond <= p.bonds, refusal", "True, refusal")),
    *_in("stake_word.vy", ("s.provider_bond * weight if s.open_admission else s.provider_bond", "s.provider_bond * weight")),
    *_in("merkle.vy", ("node: bytes32 = keccak256(leaf)", "node: bytes32 = leaf")),
]  # fmt: skip


def verdict(mutant: Mutant, tests: Sequence[str]) -> str:
    """Run the tests against one mutant; returns "killed", "survived", or what else became of it."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in CARRIED:
            source, target = ROOT / name, copy / name
            target.parent.mkdir(parents=True, exist_ok=True)
            if source.is_dir():
                shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, target)
        mutant.apply(copy / "contracts")
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-x",
            "-q",
            "--no-header",
            "--tb=line",
            "-p",
            "no:cacheprovider",
            *tests,
        ]
        try:
            ran = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=PATIENCE, check=False)
        except subprocess.TimeoutExpired:
            return "killed by its slowness"
    if "vyper.exceptions" in ran.stdout:
        return "does not compile"
    return {0: "survived", 1: "killed"}.get(ran.returncode, f"not run: {ran.stdout[-300:]}")


def main() -> None:
    """Run the mutants and print a line for each that lives, and the rate."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--tests", nargs="+", default=list(TESTS))
    parser.add_argument("--only", default="", help="run only mutants whose line holds this text")
    parser.add_argument("--check", action="store_true", help="only see that every text stands where it should")
    chosen = parser.parse_args()
    mutants = [mutant for mutant in MUTANTS if chosen.only in str(mutant)]
    if chosen.check:
        check(mutants)
        return
    with ThreadPoolExecutor(chosen.jobs) as pool:
        verdicts = list(pool.map(lambda mutant: verdict(mutant, chosen.tests), mutants))
    for mutant, word in zip(mutants, verdicts, strict=True):
        if word != "killed":
            print(f"{word}: {mutant}")  # noqa: T201
    killed = sum(word.startswith("killed") for word in verdicts)
    print(f"{killed} of {len(mutants)} mutants killed")  # noqa: T201


def check(mutants: Sequence[Mutant]) -> None:
    """See that every mutant applies."""
    for mutant in mutants:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(ROOT / "contracts", folder, dirs_exist_ok=True)
            mutant.apply(Path(folder))
    print(f"{len(mutants)} mutants apply")  # noqa: T201


if __name__ == "__main__":
    main()
