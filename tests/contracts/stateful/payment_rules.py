"""Rules of payments: what a claim, a refund or a sweep pays, reckoned from the books alone."""

from typing import TYPE_CHECKING

from tests.contracts.stateful.books import Book
from tests.contracts.stateful.dossier import Dossier

from fedmarket.domain.lifecycle import Status
from fedmarket.domain.reference.state import NO_AGREEMENT, Task, Vote

if TYPE_CHECKING:
    from tests.contracts.stateful.call_rules import Deed
    from tests.contracts.stateful.session import Session

CLAIMS = frozenset({"claim", "claim_fallback", "claim_seat", "refund"})
PAYING = CLAIMS | {"sweep"}


def check(session: "Session", deed: "Deed", task_id: int, moved: dict[str, int]) -> None:
    """Apply the rules to an accepted call that pays; other calls pass."""
    task, book, dossier = session.task(task_id), session.books[task_id], session.dossiers[task_id]
    if deed.verb == "sweep":
        the_requester_of_an_allow_list_never_gains(task, book)
    if deed.verb not in CLAIMS:
        return
    account = deed.args[1]
    paid = moved.get(account, 0)
    assert account not in book.paid, f"{account} was paid a second time"
    book.paid.add(account)
    if deed.verb == "claim":
        a_claim_pays_its_leaf(deed, book, paid)
    elif deed.verb == "claim_fallback":
        a_fallback_claim_pays_for_deliveries(deed, task, book, dossier, paid)
    elif deed.verb == "claim_seat":
        expected = seat_pay(task, book, dossier.settled_by, account)
        assert paid == expected, f"a seat was paid {paid} instead of {expected}"
    else:
        expected = refund_of(task, book, dossier.settled_by, account)
        assert paid == expected, f"a refund paid {paid} instead of {expected}"


def the_requester_of_an_allow_list_never_gains(task: Task, book: Book) -> None:
    """Where nobody's bond can be debited, no vote and no silence pays the requester more than it paid in."""
    if not task.terms.open_admission:
        requester = task.requester
        gained = book.paid_out[requester] - book.rewarded[requester] - book.paid_in[requester]
        assert gained <= 0, f"the requester of an allow-list task gained {gained}"


def a_claim_pays_its_leaf(deed: "Deed", book: Book, paid: int) -> None:
    """A provider loses of its bond only the debit in its own leaf."""
    _, account, owed, debit, *_ = deed.args
    bond = book.bonds[account]
    assert paid == owed + bond - min(debit, bond), f"a leaf of {owed} less {debit} paid {paid}"


def a_fallback_claim_pays_for_deliveries(deed: "Deed", task: Task, book: Book, dossier: Dossier, paid: int) -> None:
    """Only the account itself chooses its leaf; it gets its bond and the pay of that leaf, whatever others show."""
    _, account, number, _, delivered, *_ = deed.args
    bond, earned = book.bonds[account], fallback_pay(task, book, account, delivered)
    assert deed.sender == account, f"{deed.sender} chose what {account} settles for"
    assert bond <= paid <= bond + earned, f"a bond of {bond} and {earned} earned, paid were {paid}"
    if covered(task, book):
        assert paid == bond + earned, f"delivered rounds earn {earned}, paid were {paid - bond}"
    assert delivered <= len(book.committers), "more rounds were paid than there were"
    if dossier.truthful:
        true = dossier.delivered.get(account, 0)
        assert delivered <= true, f"{delivered} rounds were paid, {true} delivered"
        assert delivered in (0, true) or number < task.round, "the last true leaf counts all that was delivered"


def covered(task: Task, book: Book) -> bool:
    """Say whether what the prices promise is there: under listed prices their sum is the participation money."""
    return not book.swept and (not task.terms.priced or sum(book.prices.values()) <= task.terms.participation)


def fallback_pay(task: Task, book: Book, account: str, delivered: int) -> int:
    """Return what delivered rounds earn in a fallback: P*w*d // (W*c), and price*d // N or A*w*d // (W*N)."""
    terms, weight, total = task.terms, book.weights[account], sum(book.weights.values())
    performance = terms.performance * weight * delivered // (total * len(book.committers))
    if terms.priced:
        return performance + book.prices[account] * delivered // terms.rounds
    return performance + terms.participation * weight * delivered // (total * terms.rounds)


def seat_pay(task: Task, book: Book, vote: Vote | None, account: str) -> int:
    """Return what a seat earned and keeps: fees for verified rounds or a revealed table, and a bond not forfeited."""
    terms = task.terms
    settled = vote if task.status is Status.SETTLED else None
    if account in terms.aggregators:
        seat = terms.aggregators.index(account)
        verified = settled.rounds_verified if settled else task.round
        spoilt = settled is not None and verified < task.round and book.committers[verified] == seat
        bond = 0 if spoilt or seat in book.stalled else terms.aggregator_bond
        return bond + terms.aggregator_fee * book.rounds_of(seat, verified)
    bit = 1 << terms.evaluators.index(account)
    # A quorum that sees no agreement ends the confirm window early: who had revealed by then was not silent.
    by_quorum = list(task.ballots.values()).count(NO_AGREEMENT) >= terms.quorum
    paid, kept = account in book.revealers, account in (book.revealers if by_quorum else book.voters)
    if settled:
        kept = paid and not settled.forfeited & bit
        paid = kept and not settled.unpaid & bit
    return terms.evaluator_fee * paid + terms.evaluator_bond * kept


def refund_of(task: Task, book: Book, vote: Vote | None, account: str) -> int:
    """Return what a refund pays: the requester's rest, or in a cancelled task what the account had paid in."""
    if task.status is Status.CANCELLED:
        aggregators = task.terms.aggregators
        lost = account in aggregators and aggregators.index(account) in book.stalled
        return 0 if lost else book.paid_in[account]
    assert account == task.requester, "only the requester has a rest"
    if task.status is Status.SETTLED:
        assert vote is not None and vote != NO_AGREEMENT
        return vote.refund
    terms = task.terms
    fees = terms.aggregator_fee * task.round + terms.evaluator_fee * len(book.revealers)
    return terms.escrow - fees - fallback_budget(task, book)


def fallback_budget(task: Task, book: Book) -> int:
    """Return what deliveries may earn in all: P + A*c // N, for whatever the rounds say of them."""
    terms = task.terms
    return terms.performance + terms.participation * len(book.committers) // terms.rounds
