"""The life of a task as one table: its states, and for every verb who may call it, where, and where it leads."""

from dataclasses import dataclass
from enum import IntEnum


class Status(IntEnum):
    """Where a task stands; the last three are final and absorb."""

    NONE = 0
    OPEN = 1
    TRAINING = 2
    SCORING = 3
    SETTLED = 4
    FALLBACK = 5
    CANCELLED = 6


class Role(IntEnum):
    """What an account is in one task; an account has at most one role a task."""

    NONE = 0
    REQUESTER = 1
    AGGREGATOR = 2
    EVALUATOR = 3
    PROVIDER = 4


FINAL = frozenset({Status.SETTLED, Status.FALLBACK, Status.CANCELLED})
PAYING = frozenset({Status.SETTLED, Status.FALLBACK})


@dataclass(frozen=True)
class Verb:
    """One row of the life-cycle table; `when` is the guard on time and counts in words."""

    name: str
    caller: str
    within: frozenset[Status]
    leads_to: frozenset[Status]
    when: str


def _verb(name: str, caller: str, within: set[Status], leads_to: set[Status], when: str) -> Verb:
    return Verb(name, caller, frozenset(within), frozenset(leads_to), when)


_S = Status
VERBS: dict[str, Verb] = {
    row.name: row
    for row in (
        _verb("open_task", "requester", {_S.NONE}, {_S.OPEN}, "escrow is paid in; same terms only once"),
        _verb("take_seat", "named seat", {_S.OPEN}, {_S.OPEN}, "<= start deadline; bond is paid in"),
        _verb("join", "provider", {_S.OPEN}, {_S.OPEN}, "<= join deadline; bond is paid in; admitted"),
        _verb("cancel", "requester", {_S.OPEN}, {_S.CANCELLED}, "<= start deadline"),
        _verb("start", "anyone", {_S.OPEN}, {_S.TRAINING}, "seats taken, enough providers; > join deadline or full"),
        _verb("announce", "provider", {_S.TRAINING}, {_S.TRAINING}, "<= submission deadline"),
        _verb(
            "commit_round",
            "active aggregator",
            {_S.TRAINING},
            {_S.TRAINING, _S.SCORING},
            "> submission deadline and <= round deadline; the last round opens scoring",
        ),
        _verb("take_over", "standby", {_S.TRAINING}, {_S.TRAINING}, "> round deadline, in the standby's turn"),
        _verb("stop", "requester", {_S.TRAINING}, {_S.SCORING}, "after `patience` rounds"),
        _verb("commit_scores", "evaluator", {_S.SCORING}, {_S.SCORING}, "<= commit deadline, once"),
        _verb("reveal_scores", "evaluator", {_S.SCORING}, {_S.SCORING}, "commits done; <= reveal deadline"),
        _verb(
            "confirm",
            "evaluator",
            {_S.SCORING},
            {_S.SCORING, _S.SETTLED, _S.FALLBACK},
            "reveals done; <= confirm deadline; a quorum settles, a quorum of none falls back",
        ),
        _verb(
            "close",
            "anyone",
            {_S.OPEN, _S.TRAINING, _S.SCORING},
            {_S.CANCELLED, _S.SCORING, _S.FALLBACK},
            "> the state's last deadline",
        ),
        _verb("claim", "anyone", {_S.SETTLED}, {_S.SETTLED}, "with the provider's settlement leaf, once"),
        _verb("claim_fallback", "provider", {_S.FALLBACK}, {_S.FALLBACK}, "with any round's leaf, once"),
        _verb("claim_seat", "anyone", {_S.SETTLED, _S.FALLBACK}, {_S.SETTLED, _S.FALLBACK}, "for a seat, once"),
        _verb("refund", "anyone", set(FINAL), set(FINAL), "requester's rest; everybody's money when cancelled"),
        _verb("sweep", "anyone", {_S.SETTLED, _S.FALLBACK}, {_S.SETTLED, _S.FALLBACK}, "> claim deadline"),
        _verb("flush_forfeits", "anyone", set(), set(), "sends what was forfeited to the sink; belongs to no task"),
    )
}
