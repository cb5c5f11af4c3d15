"""What the record says of one task: the contract's state, and what its events carry beside it."""

from dataclasses import dataclass, field

from fedmarket.domain.chain_terms import ChainTerms
from fedmarket.domain.lifecycle import FINAL, Role, Status
from fedmarket.domain.reference.state import Task, Vote


@dataclass(frozen=True)
class ProviderView:
    """A provider as it joined, in join order; amounts in base units."""

    account: str
    listing: bytes
    weight: int
    price: int
    bond: int
    age_key: bytes


@dataclass(frozen=True)
class RoundView:
    """A round as it was committed; `model` and `manifest` are sha256 of plaintexts."""

    number: int
    attempt: int
    updates_root: bytes
    model: bytes
    manifest: bytes
    n_updates: int
    delivered_weight: int
    block: int
    timestamp: int


@dataclass(frozen=True)
class Announcement:
    """An update that its provider put on record; `blob` is the sha256 of the encrypted payload."""

    provider: str
    round: int
    attempt: int
    update: bytes
    blob: bytes


@dataclass(frozen=True)
class Payment:
    """Money that left the contract for one account: its pay or fee, and its bond or refund."""

    account: str
    owed: int
    bond: int


@dataclass
class TaskView:
    """One task. `state` is the contract's storage as the reference keeps it; the rest is what events said."""

    number: int
    state: Task
    age_keys: dict[str, bytes] = field(default_factory=dict)
    providers: list[ProviderView] = field(default_factory=list)
    rounds: list[RoundView] = field(default_factory=list)
    announcements: list[Announcement] = field(default_factory=list)
    tables: dict[str, bytes] = field(default_factory=dict)
    salts: dict[str, bytes] = field(default_factory=dict)
    votes: dict[str, Vote] = field(default_factory=dict)
    settled: Vote | None = None
    stopped: bool = False
    payments: list[Payment] = field(default_factory=list)
    refunds: list[Payment] = field(default_factory=list)

    @property
    def terms(self) -> ChainTerms:
        """The terms as the contract holds them."""
        return self.state.terms

    @property
    def status(self) -> Status:
        """Where the task stands."""
        return self.state.status

    @property
    def final(self) -> bool:
        """Whether the task has reached a state that it never leaves."""
        return self.status in FINAL

    @property
    def requester(self) -> str:
        """Who pays."""
        return self.state.requester

    @property
    def active_aggregator(self) -> str:
        """The account of the seat that must commit the next round."""
        return self.terms.aggregators[self.state.attempt]

    @property
    def latest_model(self) -> bytes:
        """The id of the model that the next round starts from."""
        return self.model_after(len(self.rounds))

    def model_after(self, number: int) -> bytes:
        """Return the id of the model after a round (0: the initial one)."""
        return self.rounds[number - 1].model if number else self.terms.initial_model

    def committers(self) -> tuple[str, ...]:
        """Return who committed each round, from round 1."""
        return tuple(self.terms.aggregators[view.attempt] for view in self.rounds)

    def provider(self, account: str) -> ProviderView | None:
        """Return an account as provider, or None."""
        return next((view for view in self.providers if view.account == account), None)

    def due(self, account: str) -> bool:
        """Return whether the contract still holds something that is this account's part."""
        return account in self.state.parts

    def seat(self, account: str, role: Role) -> int | None:
        """Return the number of the account's seat in a role, or None."""
        seats = self.terms.aggregators if role is Role.AGGREGATOR else self.terms.evaluators
        return seats.index(account) if account in seats else None

    @property
    def patience_deadline(self) -> int:
        """The last second in which an evaluator waits for blobs before it commits: half of the window for it."""
        return self.state.opened_at + self.terms.windows.commit // 2

    def deadlines(self) -> list[int]:
        """Return the points in time at which what is allowed changes in the present state, in block seconds."""
        state = self.state
        by_status = {
            Status.OPEN: [state.join_deadline, state.start_deadline],
            Status.TRAINING: [state.submit_deadline, *self._turns()],
            Status.SCORING: [
                self.patience_deadline,
                state.commit_deadline,
                state.reveal_deadline,
                state.confirm_deadline,
            ],
            Status.SETTLED: [state.claim_deadline],
            Status.FALLBACK: [state.claim_deadline],
        }
        return by_status.get(state.status, [])

    def _turns(self) -> list[int]:
        state = self.state
        left = len(self.terms.aggregators) - state.attempt
        return [state.opened_at + self.terms.windows.round * turn for turn in range(1, left + 1)]
