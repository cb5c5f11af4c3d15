"""Events folded into views: each event is the verb that the reference market replays, so both must agree.

Proofs are not in events, so what they prove is taken from the contract here; the audit proves it again.
"""

from collections.abc import Callable
from typing import Any

from eth_abi.exceptions import EncodingError

from fedmarket.domain.errors import MarketError
from fedmarket.domain.lifecycle import PAYING
from fedmarket.domain.reference import opening, payment, scoring, training
from fedmarket.domain.reference.ledger import Ledger
from fedmarket.domain.reference.state import Event, require
from fedmarket.record.task import Announcement, Payment, ProviderView, RoundView, TaskView

Fields = dict[str, Any]
# Logged within the call of the verb whose own event, just before or after, says it all.
CONSEQUENCES = frozenset({"TaskSettled", "TaskFellBack"})


class FoldError(MarketError):
    """The events contradict the rules of the contract."""

    exit_code = 1


class Fold:
    """A reference market that replays events, and the task views that grow with it."""

    def __init__(self, chain_id: int, market: str, sink: str) -> None:
        self.ledger = Ledger(address=market, chain_id=chain_id, sink=sink)
        self.tasks: dict[int, TaskView] = {}
        self.events: list[Event] = []
        self._said: list[Event] = []
        self._follows: list[Event] = []

    def apply(self, event: Event) -> None:
        """Replay one event; raises FoldError where the reference would not have logged exactly this event."""
        if self.events:
            self._follow(self.events[-1], event)
        self.ledger.now, self.ledger.block = event.timestamp, event.block
        self.events.append(event)
        if event.name in CONSEQUENCES:
            self._said.append(event)
            return
        before = len(self.ledger.events)
        self._replay(event)
        logged = self.ledger.events[before:]
        if event not in logged:
            raise _contradiction(event, "the rules give other fields")
        self._follows += [other for other in logged if other != event]

    def _follow(self, last: Event, event: Event) -> None:
        if event.block > last.block:
            self.finish()
        same_block = event.block == last.block and event.timestamp == last.timestamp
        if not same_block and (event.block <= last.block or event.timestamp < last.timestamp):
            raise _contradiction(event, "it is out of order")

    def _replay(self, event: Event) -> None:
        try:
            HANDLERS[event.name](self, event.fields)
        except (MarketError, KeyError, ValueError, EncodingError) as error:
            raise _contradiction(event, str(error)) from error

    def finish(self) -> None:
        """Check that the last block says all that follows from its verbs, and no more; for a record that is whole."""
        for event in self._said:
            if event not in self._follows:
                raise _contradiction(event, "the rules give other fields")
            self._follows.remove(event)
        for event in self._follows:
            raise _contradiction(event, "the record lacks it")
        self._said = []

    def fund(self, account: str, amount: int) -> None:
        """Give the replay's token what the real one was seen to move: balances are the token's affair."""
        self.ledger.balances[account] = self.ledger.balances.get(account, 0) + amount


def _contradiction(event: Event, detail: str) -> FoldError:
    return FoldError("record.contradiction", event=event.name, block=event.block, detail=detail)


def _pick(fields: Fields, *names: str) -> list[Any]:
    return [fields[name] for name in names]


def _opened(fold: Fold, fields: Fields) -> None:
    fold.fund(fields["requester"], fields["terms"].escrow)
    number = opening.open_task(fold.ledger, fields["requester"], fields["terms"])
    fold.tasks[number] = TaskView(number, fold.ledger.tasks[number])


def _seat_taken(fold: Fold, fields: Fields) -> None:
    view = fold.tasks[fields["task"]]
    fold.fund(fields["account"], max(view.terms.aggregator_bond, view.terms.evaluator_bond))
    opening.take_seat(fold.ledger, fields["account"], fields["task"], fields["age_key"])
    view.age_keys[fields["account"]] = fields["age_key"]


def _joined(fold: Fold, fields: Fields) -> None:
    view = fold.tasks[fields["task"]]
    fold.fund(fields["account"], fields["bond"])
    account = fields["account"]
    opening.check_entry(fold.ledger, account, *_pick(fields, "task", "weight", "price"))
    entered = _pick(fields, "listing", "weight", "price", "age_key")
    opening.enter(fold.ledger, account, fields["task"], *entered)
    line = _pick(fields, "listing", "weight", "price", "bond", "age_key")
    view.providers.append(ProviderView(account, *line))
    view.age_keys[account] = fields["age_key"]


def _cancelled(fold: Fold, fields: Fields) -> None:
    opening.cancel(fold.ledger, fields["caller"], fields["task"])


def _started(fold: Fold, fields: Fields) -> None:
    opening.start(fold.ledger, fields["caller"], fields["task"])


def _announced(fold: Fold, fields: Fields) -> None:
    training.announce(fold.ledger, fields["provider"], *_pick(fields, "task", "round", "update", "blob"))
    line = Announcement(*_pick(fields, "provider", "round", "attempt", "update", "blob"))
    fold.tasks[fields["task"]].announcements.append(line)


def _committed(fold: Fold, fields: Fields) -> None:
    view = fold.tasks[fields["task"]]
    names = ("updates_root", "model", "manifest", "n_updates", "delivered_weight")
    commitment: Fields = {name: fields[name] for name in names}
    training.commit_round(fold.ledger, view.active_aggregator, fields["task"], fields["round"], *commitment.values())
    when: Fields = {"block": fold.ledger.block, "timestamp": fold.ledger.now}
    view.rounds.append(RoundView(number=fields["round"], attempt=fields["attempt"], **commitment, **when))


def _taken_over(fold: Fold, fields: Fields) -> None:
    training.take_over(fold.ledger, fields["aggregator"], fields["task"])


def _stopped(fold: Fold, fields: Fields) -> None:
    view = fold.tasks[fields["task"]]
    training.stop(fold.ledger, view.requester, fields["task"])
    view.stopped = True


def _closed(fold: Fold, fields: Fields) -> None:
    training.close(fold.ledger, fields["caller"], fields["task"])


def _scores_committed(fold: Fold, fields: Fields) -> None:
    scoring.commit_scores(fold.ledger, fields["evaluator"], fields["task"], fields["commitment"])


def _scores_revealed(fold: Fold, fields: Fields) -> None:
    view, evaluator = fold.tasks[fields["task"]], fields["evaluator"]
    scoring.reveal_scores(fold.ledger, evaluator, fields["task"], fields["table"], fields["salt"])
    view.tables[evaluator], view.salts[evaluator] = fields["table"], fields["salt"]


def _confirmed(fold: Fold, fields: Fields) -> None:
    view = fold.tasks[fields["task"]]
    scoring.confirm(fold.ledger, fields["evaluator"], fields["task"], fields["vote"])
    view.votes[fields["evaluator"]] = fields["vote"]
    if any(event.name == "TaskSettled" for event in fold.ledger.events[-1:]):
        view.settled = fields["vote"]


def _claimed(fold: Fold, fields: Fields) -> None:
    paid, view = _pick(fields, "account", "owed", "bond"), fold.tasks[fields["task"]]
    require(view.status in PAYING, "wrong_status")
    require(view.provider(fields["account"]), "nothing_owed")
    payment.pay(fold.ledger, view.number, *paid)
    view.payments.append(Payment(*paid))


def _seat_claimed(fold: Fold, fields: Fields) -> None:
    payment.claim_seat(fold.ledger, fields["account"], fields["task"], fields["account"])
    fold.tasks[fields["task"]].payments.append(Payment(fields["account"], fields["fee"], fields["bond"]))


def _refunded(fold: Fold, fields: Fields) -> None:
    payment.refund(fold.ledger, fields["account"], fields["task"], fields["account"])
    fold.tasks[fields["task"]].refunds.append(Payment(fields["account"], fields["amount"], 0))


def _swept(fold: Fold, fields: Fields) -> None:
    view = fold.tasks[fields["task"]]
    payment.sweep(fold.ledger, view.requester, fields["task"])
    view.refunds.append(Payment(view.requester, fields["amount"], 0))


def _flushed(fold: Fold, fields: Fields) -> None:
    payment.flush_forfeits(fold.ledger, fold.ledger.sink)


HANDLERS: dict[str, Callable[[Fold, Fields], None]] = {
    "TaskOpened": _opened,
    "SeatTaken": _seat_taken,
    "Joined": _joined,
    "TaskCancelled": _cancelled,
    "TaskStarted": _started,
    "UpdateAnnounced": _announced,
    "RoundCommitted": _committed,
    "TakenOver": _taken_over,
    "TrainingStopped": _stopped,
    "TaskClosed": _closed,
    "ScoresCommitted": _scores_committed,
    "ScoresRevealed": _scores_revealed,
    "Confirmed": _confirmed,
    "Claimed": _claimed,
    "SeatClaimed": _seat_claimed,
    "Refunded": _refunded,
    "Swept": _swept,
    "ForfeitsFlushed": _flushed,
}
