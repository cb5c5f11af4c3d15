"""Reading a provider's statement from an exported record: with its own key, or with an evaluator's key anybody's."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from fedmarket.audit.evidence import Evidence
from fedmarket.domain.accounts import address_of, checksum
from fedmarket.domain.errors import UsageError
from fedmarket.domain.outcome import Outcome
from fedmarket.domain.statement import Statement, middle
from fedmarket.record.statements import make_statements, sent_statement, settled_outcome
from fedmarket.record.task import Payment, TaskView
from fedmarket.store.age import AgeIdentity


@dataclass(frozen=True)
class Told:
    """A statement, the evaluators whose figures it bears out, and what the record says of its payment.

    What is measured is the lower median of what evaluators wrote; `writers` are within `tolerance_ppb` of it, and
    `differing` are not. `claim_deadline` is in block seconds, `scores_ppb` are everybody's agreed scores in join order.
    """

    statement: Statement
    writers: tuple[str, ...]
    differing: tuple[str, ...]
    tolerance_ppb: int
    seats: int
    payment: Payment | None
    claim_deadline: int
    scores_ppb: tuple[int, ...]


def open_statements(folder: Path, number: int) -> "Statements":
    """Open an export's task to read statements from; raises UsageError where there is none or nothing was settled."""
    evidence = Evidence.open(folder, number, None)
    evidence.record.refresh()
    return Statements(evidence)


class Statements:
    """The statements of one settled task of an export."""

    def __init__(self, evidence: Evidence) -> None:
        self._record, self._number = evidence.record, evidence.number
        self._found: Outcome = settled_outcome(self._record, self._number)

    @property
    def _view(self) -> TaskView:
        return self._record.task(self._number)

    def read(self, secret: bytes, provider: str | None = None) -> Told:
        """Return the statement for `provider` that a 32-byte key opens; by default that of the key's own account.

        A provider reads what evaluators sent to it; an evaluator measures again. Raises UsageError: statement.none,
        not_a_provider, not_yours, which_provider, other_key.
        """
        account = address_of(secret)
        wanted = checksum(provider) if provider else account
        identity = AgeIdentity.from_secret(secret)
        if account in self._view.terms.evaluators:
            return self._measured(account, wanted, identity, named=provider is not None)
        if self._view.provider(account) is None:
            raise UsageError("statement.other_key", account=account, task=self._number)
        if wanted != account:
            raise UsageError("statement.not_yours", account=account, provider=wanted)
        return self._sent(account, identity)

    def _measured(self, evaluator: str, provider: str, identity: AgeIdentity, *, named: bool) -> Told:
        if self._view.provider(provider) is None:
            known = ", ".join(line.account for line in self._view.providers)
            fault = "not_a_provider" if named else "which_provider"
            raise UsageError(f"statement.{fault}", account=provider, task=self._number, known=known)
        made = make_statements(self._record, self._number, self._found, identity)
        return self._told({evaluator: made[provider]})

    def _sent(self, provider: str, identity: AgeIdentity) -> Told:
        seats = self._view.terms.evaluators
        found = {
            seat: statement
            for seat in seats
            if (statement := sent_statement(self._record, self._number, self._found, identity, seat, provider))
        }
        if not found:
            raise UsageError("statement.none", provider=provider, task=self._number)
        return self._told(found)

    def _told(self, found: Mapping[str, Statement]) -> Told:
        """Return what the statements, equal but for what was measured, say together."""
        view, tolerance = self._view, self._record.terms(self._number).goal.tolerance_ppb
        measured, near = middle({seat: statement.measured for seat, statement in found.items()}, tolerance)
        statement = replace(next(iter(found.values())), measured=measured)
        return Told(
            statement=statement,
            writers=near,
            differing=tuple(seat for seat in found if seat not in near),
            tolerance_ppb=tolerance,
            seats=len(view.terms.evaluators),
            payment=next((line for line in view.payments if line.account == statement.provider), None),
            claim_deadline=view.state.claim_deadline,
            scores_ppb=self._found.agreement.table.scores,
        )
