"""A task's rounds computed again from the record with one seat's key: the check that money depends on.

The stages stand alone, so that the audit can say which of them fails; `Replay` goes through all of them in order.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from fedmarket.domain.errors import MarketError
from fedmarket.domain.manifest import Manifest
from fedmarket.domain.manifest_rules import RoundFault, check_manifest, check_signatures
from fedmarket.domain.strategies import AVERAGING
from fedmarket.learning.bundle import unpack_bundle
from fedmarket.learning.fixed_point import QUANTUM
from fedmarket.learning.gate import Admitted, admit
from fedmarket.learning.momenta import Vector
from fedmarket.learning.rules import AggregationRule
from fedmarket.learning.server_step import ServerOptimiser
from fedmarket.learning.tensors import Tensors, encode
from fedmarket.record.admission import copies, first_announcements, gate_for, open_announced
from fedmarket.record.constants import check_constants
from fedmarket.record.facts import committed_round
from fedmarket.record.live import Record
from fedmarket.record.models import fresh_server, initial_model, open_model, recipe_of, rule_of
from fedmarket.record.notes import Noted, noted_by_most
from fedmarket.record.relay import open_shared
from fedmarket.record.task import Announcement
from fedmarket.store.age import AgeIdentity

STEP_QUANTA = 2


@dataclass(frozen=True, eq=False)
class CheckedRound:
    """A round that verifies: its updates and their sum, models before and after, each account's share of the step."""

    number: int
    manifest: Manifest
    updates: dict[str, Admitted]
    total: Tensors
    base: Tensors
    after: Tensors
    shares: dict[str, Vector]


class Replay:
    """Goes through a task's rounds in order and stops at the first fault.

    `identity` must be that of a seat. `noted` tells of an announced update whether this reader held it before the
    round was committed, by default whether most evaluators signed that they did; leaving out a noted one voids the
    round.
    """

    def __init__(self, record: Record, number: int, identity: AgeIdentity, noted: Noted | None = None) -> None:
        self._record, self._number, self._identity = record, number, identity
        self._noted = noted or noted_by_most(record, number)
        self._terms = record.terms(number)
        self._server, self._rule = fresh_server(self._terms), rule_of(self._terms)
        self.fault: MarketError | None = None
        self.verified = 0

    def rounds(self) -> Iterator[CheckedRound]:
        """Yield the leading rounds that verify.

        Afterwards `verified` counts them, and `fault` says what is wrong with the next one, if any.
        """
        base = initial_model(self._terms)
        for view in self._record.task(self._number).rounds:
            try:
                checked = self._check(view.number, base)
            except MarketError as fault:
                self.fault = fault
                return
            self.verified = view.number
            yield checked
            base = checked.after

    def _check(self, number: int, base: Tensors) -> CheckedRound:
        manifest = public_round(self._record, self._number, number)
        check_constants(self._record, self._number, self._identity, manifest)
        admitted = open_updates(self._record, self._number, self._identity, manifest)
        total = checked_sum(self._record, self._number, self._identity, manifest, admitted)
        after = open_model(self._record, self._number, number, self._identity)
        computed = self._server.advance(base, total, self._rule.total_weight(manifest.delivered_weight))
        shares = shares_of(self._server, self._rule, manifest, admitted)
        check_next_model(number, computed, after, exact=self._terms.strategy.name in AVERAGING)
        check_announcements(self._record, self._number, self._identity, manifest, admitted, self._noted)
        return CheckedRound(number, manifest, admitted, total, base, after, shares)


def public_round(record: Record, number: int, round_number: int) -> Manifest:
    """Return a round's manifest once all that needs no key is checked; raises RoundFault or StoreError."""
    manifest = record.manifest(number, round_number)
    committed = committed_round(record, number, round_number)
    check_manifest(manifest, committed)
    check_signatures(manifest, committed)
    return manifest


def open_updates(record: Record, number: int, identity: AgeIdentity, manifest: Manifest) -> dict[str, Admitted]:
    """Open a round's bundle and put every payload through the gate again; returns the updates in manifest order.

    Raises RoundFault where the bundle is not what the manifest lists, UpdateError where the gate refuses.
    """
    payloads = unpack_bundle(open_shared(record, number, manifest, "bundle", identity))
    if len(payloads) != len(manifest.updates):
        raise RoundFault("round.wrong_bundle", round=manifest.round)
    admitted = {}
    for entry, payload in zip(manifest.updates, payloads, strict=True):
        update = admit(payload, gate_for(record, number, manifest.round, manifest.attempt, entry.provider))
        if (update.update_id, update.signature) != (entry.update, entry.signature):
            raise RoundFault("round.wrong_bundle", round=manifest.round)
        admitted[entry.provider] = update
    if copies(record, number, manifest.round, manifest.attempt, admitted):
        raise RoundFault("round.wrong_bundle", round=manifest.round)
    return admitted


def checked_sum(
    record: Record, number: int, identity: AgeIdentity, manifest: Manifest, admitted: dict[str, Admitted]
) -> Tensors:
    """Return the exact int64 aggregate of a round's updates; raises RoundFault unless the stored one is the same."""
    terms = record.terms(number)
    weights = {entry.provider: entry.weight for entry in manifest.updates}
    updates = {account: update.tensors for account, update in admitted.items()}
    total = rule_of(terms).total(updates, weights, recipe_of(terms).spec, terms.clip_quanta)
    if open_shared(record, number, manifest, "aggregate", identity) != encode(total):
        raise RoundFault("round.wrong_aggregate", round=manifest.round)
    return total


def shares_of(
    server: ServerOptimiser, rule: AggregationRule, manifest: Manifest, admitted: dict[str, Admitted]
) -> dict[str, Vector]:
    """Return each account's share of the round's step (p,), the server's own momentum included.

    `server` has just taken that step.
    """
    weights = {entry.provider: entry.weight for entry in manifest.updates}
    updates = {account: update.tensors for account, update in admitted.items()}
    return server.shares(updates, rule.kept(updates, weights), rule.total_weight(manifest.delivered_weight))


def check_announcements(
    record: Record, number: int, identity: AgeIdentity, manifest: Manifest, admitted: dict[str, Admitted], noted: Noted
) -> None:
    """Raise RoundFault where a round leaves out an announced update that was noted, unless as the copy that it is.

    Only the first announcement of a provider counts. Evaluators can open it and see for themselves whether it is a
    copy; other seats believe the manifest.
    """
    taken = {entry.provider: entry.update for entry in manifest.updates}
    for line in first_announcements(record, number, manifest.round, manifest.attempt):
        if taken.get(line.provider) == line.update or not noted(line):
            continue
        if not _left_as_copy(record, number, identity, manifest, admitted, line):
            raise RoundFault("round.announced_left_out", round=manifest.round, provider=line.provider)


def _left_as_copy(
    record: Record,
    number: int,
    identity: AgeIdentity,
    manifest: Manifest,
    admitted: dict[str, Admitted],
    line: Announcement,
) -> bool:
    if not any((entry.provider, entry.reason) == (line.provider, "copied") for entry in manifest.exclusions):
        return False
    opened = open_announced(record, number, line, identity)
    if opened is None:
        return True
    both = {**admitted, line.provider: opened[1]}
    return line.provider in copies(record, number, manifest.round, manifest.attempt, both)


def check_next_model(number: int, computed: Tensors, committed: Tensors, *, exact: bool) -> None:
    """Raise RoundFault unless the committed model is the computed one: to the bit, or within two quanta a coordinate.

    Only averaging is portable to the bit; other server steps may round differently on another machine, and where a
    coordinate is so large that its float32 neighbour is further away than two quanta, to that neighbour.
    """
    for name, values in computed.items():
        gap = np.abs(values.astype(np.float64) - committed[name].astype(np.float64))
        bound = 0.0 if exact else np.maximum(STEP_QUANTA * QUANTUM, np.spacing(np.abs(values)))
        if (gap > bound).any():
            raise RoundFault("round.wrong_model", round=number)
