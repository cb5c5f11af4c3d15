"""Invariants of the state: what holds between any two calls."""

from tests.contracts.stateful.dossier import providers
from tests.contracts.stateful.payment_rules import covered, fallback_pay
from tests.contracts.stateful.session import Session

from fedmarket.domain.lifecycle import FINAL, PAYING, Status


def the_market_holds_exactly_what_it_owes(session: Session) -> None:
    """The market's balance is the sum of what it holds for its tasks and of the forfeits that wait for the sink."""
    ledger = session.ledger
    assert ledger.balances.get(ledger.address, 0) == ledger.total_held()
    assert min(ledger.balances.values()) >= 0, "somebody's balance is negative"
    if session.chain:
        session.chain.must_hold_the_same(ledger, session.touched)
        session.touched.clear()


def paid_in_is_paid_out_and_held(session: Session) -> None:
    """Per task: all that came in went out again, was forfeited, or is held."""
    for task_id, book in session.books.items():
        assert book.held == session.ledger.held(task_id), f"task {task_id} is off by {book.held}"


def bonds_lie_ready(session: Session) -> None:
    """Whoever is silent, every provider's bond is there until its own claim or the sweep after the claim period."""
    for task_id, task in session.ledger.tasks.items():
        book, dossier = session.books[task_id], session.dossiers[task_id]
        if book.swept:
            continue
        waiting = {account: book.bonds[account] for account in providers(task)}
        expected = sum(waiting.values())
        if task.status is Status.SETTLED:
            if not dossier.fair:
                continue
            leaves = {leaf[0]: leaf for leaf in dossier.payouts(task)}
            expected = sum(bond - leaves[name][2] for name, bond in waiting.items() if name in leaves)
        assert task.purse_bonds == expected, f"task {task_id} holds {task.purse_bonds} of {expected} in bonds"


def earned_pay_lies_ready(session: Session) -> None:
    """What a fair vote or any leaf of a fallback gives to whoever has not claimed yet is there until the sweep."""
    for task_id, task in session.ledger.tasks.items():
        book, dossier = session.books[task_id], session.dossiers[task_id]
        waiting = providers(task)
        if book.swept:
            continue
        if task.status is Status.SETTLED and dossier.fair:
            owed = sum(leaf[1] for leaf in dossier.payouts(task) if leaf[0] in waiting)
            assert task.purse_budget == owed, f"task {task_id} has {task.purse_budget} for {owed} owed"
        if task.status is Status.FALLBACK and covered(task, book):
            owed = sum(fallback_pay(task, book, account, len(book.committers)) for account in waiting)
            assert task.purse_budget >= owed, (
                f"task {task_id} has {task.purse_budget} for the {owed} that leaves may say"
            )


def what_is_final_says_so(session: Session) -> None:
    """Only a final state has paid anybody, but for the trigger's reward."""
    for task_id, task in session.ledger.tasks.items():
        book = session.books[task_id]
        assert task.status in FINAL or not book.paid, "somebody was paid before the end"
        assert not book.swept or task.status in PAYING


STATE_RULES = (
    the_market_holds_exactly_what_it_owes,
    paid_in_is_paid_out_and_held,
    bonds_lie_ready,
    earned_pay_lies_ready,
    what_is_final_says_so,
)
