"""The way out of every state: time and calls that a stranger may make empty the market to the last unit."""

from random import Random
from typing import Literal

from tests.contracts.stateful.cast import STRANGER
from tests.contracts.stateful.clock import last_deadline
from tests.contracts.stateful.dossier import providers
from tests.contracts.stateful.plays import collect_oneself, collect_settlement
from tests.contracts.stateful.session import Session

from fedmarket.domain.lifecycle import FINAL, Status

Claims = Literal["nobody", "strangers", "providers too"]
"""Who claims for the providers before the sweep: after a settlement anybody may, in a fallback only each for itself."""


def drain(session: Session, claims: Claims) -> None:
    """Let everybody be silent from here on and a stranger do the rest; afterwards the market holds exactly nothing."""
    for task_id in session.ledger.tasks:
        bring_to_an_end(session, task_id)
    for task_id, task in session.ledger.tasks.items():
        if claims != "nobody" and task.status is Status.SETTLED:
            claim_for_everybody(session, task_id)
        if claims == "providers too" and task.status is Status.FALLBACK:
            let_everybody_claim(session, task_id)
        pay_out_the_rest(session, task_id)
    for task_id, task in session.ledger.tasks.items():
        if task.purse_budget + task.purse_bonds and task.status is not Status.CANCELLED:
            session.wait_until(task.claim_deadline + 1)
            assert session.call(STRANGER, "sweep", task_id) is None
    if session.ledger.forfeits:
        assert session.call(STRANGER, "flush_forfeits") is None
    nothing_is_left(session)


def bring_to_an_end(session: Session, task_id: int) -> None:
    """Close one state after the other until the task stands in a final one."""
    for _ in range(3):
        task = session.task(task_id)
        if task.status not in FINAL:
            session.wait_until(last_deadline(task) + 1)
            assert session.call(STRANGER, "close", task_id) is None, f"{task.status.name} has no way out"
    assert session.task(task_id).status in FINAL


def claim_for_everybody(session: Session, task_id: int) -> None:
    """Claim a settlement's every leaf; where the leaves add up, nobody who is owed something goes away empty."""
    task, book, dossier = session.task(task_id), session.books[task_id], session.dossiers[task_id]
    for account, *_ in dossier.payouts(task):
        waiting = account in task.parts and account in book.bonds and not book.swept
        answers = collect_settlement(session, task_id, account, STRANGER)
        assert None in answers or not (waiting and dossier.fair), f"{account} was refused what it is owed: {answers}"


def let_everybody_claim(session: Session, task_id: int) -> None:
    """In a fallback, whoever announced or can show a delivery in any round gets its bond, however the others lied."""
    task, book, dossier = session.task(task_id), session.books[task_id], session.dossiers[task_id]
    for account in providers(task):
        shown = any(
            leaf[0] == account and 0 < leaf[2] <= number
            for number in range(1, task.round + 1)
            for leaf in dossier.updates_of(number)
        )
        answers = collect_oneself(session, task_id, account, Random(task_id))
        if (shown or account in book.announcers) and not book.swept:
            assert None in answers, f"{account} took part and was refused its bond: {answers}"


def pay_out_the_rest(session: Session, task_id: int) -> None:
    """Let the seats and the requester have what is theirs; in a cancelled task, everybody."""
    task, book = session.task(task_id), session.books[task_id]
    for account in list(task.parts):
        if task.status is Status.CANCELLED or account == task.requester:
            assert session.call(STRANGER, "refund", task_id, account) is None
        elif account not in book.bonds:
            assert session.call(STRANGER, "claim_seat", task_id, account) is None


def nothing_is_left(session: Session) -> None:
    """The market's balance is zero, and so is what it says it owes, per task and in all."""
    ledger = session.ledger
    assert ledger.balances.get(ledger.address, 0) == 0, "money is stuck"
    assert ledger.total_held() == 0
    for task_id, book in session.books.items():
        assert book.held == 0, f"task {task_id} keeps {book.held}"
    if session.chain:
        session.chain.must_hold_the_same(ledger, ledger.tasks)
