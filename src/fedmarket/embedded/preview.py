"""What would leave a provider's building if it joined a task: everything its agent sends, rehearsed and taken apart."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from secrets import token_bytes
from typing import Any

from fedmarket.domain.accounts import address_of
from fedmarket.domain.ask import Ask
from fedmarket.domain.constants import Summary
from fedmarket.domain.derive import hkdf
from fedmarket.domain.errors import DataError
from fedmarket.domain.lifecycle import Role
from fedmarket.domain.terms import Seat, Terms
from fedmarket.embedded.enough_rows import LEAST_SITE_ROWS
from fedmarket.embedded.rehearsal import Call, Put, Rehearsal, weight_of
from fedmarket.learning.table import Table
from fedmarket.learning.tensors import decode
from fedmarket.learning.update import SIGNATURE_BYTES, Header, parse, payload_limit
from fedmarket.record.constants import federated
from fedmarket.record.facts import agreed_terms, model_readers, round_readers, update_readers
from fedmarket.record.live import Record
from fedmarket.record.models import recipe_of
from fedmarket.record.task import TaskView
from fedmarket.store.age import AgeIdentity, decrypt

LATER_VERBS = ("start", "close", "claim", "claim_fallback", "refund")
"""Verbs a provider's agent may call after its updates; their arguments are the task's number, its own account, and
what is public by then."""


@dataclass(frozen=True)
class Reader:
    """Who can decrypt something: an account and what it is in the task."""

    account: str
    role: Role
    seat: int


@dataclass(frozen=True)
class TensorLine:
    """A tensor of an update: its name, shape, type of number, and size in bytes."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    size: int


@dataclass(frozen=True)
class UpdateLine:
    """An update as it would be sent: what is in it, how large it is, and who can decrypt it.

    `slot` is where it lies in the store, None where only its id on chain tells; sizes are in bytes.
    """

    slot: str | None
    header: Header
    tensors: tuple[TensorLine, ...]
    signature_size: int
    plain_size: int
    sealed_size: int
    readers: tuple[Reader, ...]


@dataclass(frozen=True)
class SummaryLine:
    """What is said of one's columns where a task's constants come from its providers; sizes in bytes."""

    slot: str
    rows: int
    columns: int
    plain_size: int
    sealed_size: int
    readers: tuple[Reader, ...]


@dataclass(frozen=True)
class Preview:
    """Everything that would leave, and what may be won and lost. Amounts in base units.

    `stand_in` says that no key was given, so that a made-up account stands where the allow-list has `replaced`.
    `summary` is what is said of one's columns before joining, None where nothing is. `handed_on` can decrypt updates
    after the aggregator has accepted them; `model_readers` the models made of them. `participation` is paid for taking
    part in every round; `most` and `even` include it: what the task's own money pays at most, and if all weight taught
    the same.
    """

    number: int
    terms: Terms
    account: str
    stand_in: bool
    replaced: str | None
    rows: int
    weight: int
    summary: SummaryLine | None
    join: Call
    update: UpdateLine
    announce: Call
    announced: UpdateLine
    ask_size: int
    handed_on: tuple[Reader, ...]
    model_readers: tuple[Reader, ...]
    bond: int
    participation: int
    most: int
    even: int

    @property
    def drawn(self) -> tuple[int, int]:
        """How often at least and at most each row is drawn in a round's training."""
        draws = self.terms.training.steps * self.terms.training.batch
        return draws // self.rows, -(-draws // self.rows)


def preview(record: Record, number: int, table: Table, secret: bytes | None, weight: int | None = None) -> Preview:
    """Rehearse joining task `number` with `table` and sending round 1's update; nothing is sent.

    Without a `secret` a made-up account takes the place of the first on the allow-list. `weight` is the units of bond
    under open admission. Raises what would keep the agent from taking part: TermsError, RefusedError; and DataError
    too_few_to_train for rows of which an update would tell too much.
    """
    if len(table) < LEAST_SITE_ROWS:
        raise DataError("data.too_few_to_train", rows=len(table), limit=LEAST_SITE_ROWS)
    terms = agreed_terms(record, number)
    stand_in, replaced = secret is None, None
    secret = secret or token_bytes(32)
    if stand_in and not terms.admission.open:
        replaced = terms.admission.listed[0].account
        terms = _with_stand_in(terms, address_of(secret))
    return replace(_rehearsed(record, number, terms, secret, table, weight), stand_in=stand_in, replaced=replaced)


def _rehearsed(record: Record, number: int, terms: Terms, secret: bytes, table: Table, weight: int | None) -> Preview:
    """Rehearse with a key under `terms` that admit it, and take apart what was sent."""
    account = address_of(secret)
    own_weight = weight_of(terms, account, weight)
    played, aggregator = _played_terms(terms, secret)
    rehearsal = Rehearsal(record, number, played, secret, table, own_weight, aggregator)
    rehearsal.join()
    summary = _summary_line(rehearsal, terms, rehearsal.store.puts)
    rehearsal.send()
    view = rehearsal.view
    update = rehearsal.store.puts[-1]
    rehearsal.announce()
    announced = rehearsal.store.puts[-1]
    join, announce = rehearsal.chain.calls
    participation = _participation(terms, account, own_weight)
    return Preview(
        number=number,
        terms=terms,
        account=account,
        stand_in=False,
        replaced=None,
        rows=len(table),
        weight=own_weight,
        summary=summary,
        join=join,
        update=_update_line(rehearsal, terms, update, update_readers(view, account, False)),
        announce=announce,
        announced=_update_line(rehearsal, terms, announced, update_readers(view, account, True)),
        ask_size=len(Ask(1, "model", rehearsal.actor.age.public).encoded),
        handed_on=_readers(view, terms, round_readers(view)),
        model_readers=_readers(view, terms, model_readers(view, terms, 1)),
        bond=join.pays,
        participation=participation,
        most=terms.money.performance + participation,
        even=terms.money.performance * own_weight // _total_weight(terms, own_weight) + participation,
    )


def _with_stand_in(terms: Terms, account: str) -> Terms:
    """Return terms that differ from these in one line of the allow-list, which names `account`."""
    first, *others = terms.admission.listed
    listed = (replace(first, account=account), *others)
    return replace(terms, admission=replace(terms.admission, listed=listed))


def _played_terms(terms: Terms, secret: bytes) -> tuple[Terms, bytes | None]:
    """Return the terms to rehearse, and the secret of an aggregator that takes its place where one must sign."""
    if not federated(terms):
        return terms, None
    stand_in = hkdf(secret, "rehearsal", "aggregator")
    seat = Seat(address_of(stand_in), AgeIdentity.from_secret(stand_in).public)
    return replace(terms, aggregators=(seat, *terms.aggregators[1:])), stand_in


def _summary_line(rehearsal: Rehearsal, terms: Terms, puts: list[Put]) -> SummaryLine | None:
    """Return what was said of the columns before joining, if anything was."""
    if not puts:
        return None
    (put,) = puts
    assert rehearsal.aggregator is not None and put.slot is not None
    plain = decrypt(put.data, AgeIdentity.from_secret(rehearsal.aggregator))
    summary = Summary.read(plain, len(terms.data.features))
    seats = [seat.age_key for seat in (*rehearsal.terms.aggregators, *terms.evaluators)]
    readers = _readers(rehearsal.view, terms, seats)
    return SummaryLine(put.slot, summary.rows, len(summary.sums), len(plain), len(put.data), readers)


def _total_weight(terms: Terms, own: int) -> int:
    """Return the total weight: the allow-list's, or the least that an open task starts with."""
    admission = terms.admission
    return max(own, admission.min_weight) if admission.open else sum(line.weight for line in admission.listed)


def _participation(terms: Terms, account: str, weight: int) -> int:
    """Return what is paid for delivering every round, in base units (settlement's rule for d = N)."""
    if terms.admission.priced:
        return next(line.price for line in terms.admission.listed if line.account == account)
    return terms.money.participation * weight // _total_weight(terms, weight)


def _update_line(rehearsal: Rehearsal, terms: Terms, put: Put, keys: list[bytes]) -> UpdateLine:
    spec = recipe_of(rehearsal.terms).spec
    payload = decrypt(put.data, rehearsal.actor.age)
    parsed = parse(payload)
    tensors = decode(parsed.tensor_bytes, spec.of("I32"), payload_limit(spec))
    return UpdateLine(
        slot=put.slot,
        header=replace(parsed.header, terms=terms.hash),
        tensors=tuple(
            TensorLine(name, tensor.shape, str(tensor.dtype), tensor.nbytes) for name, tensor in sorted(tensors.items())
        ),
        signature_size=SIGNATURE_BYTES,
        plain_size=len(payload),
        sealed_size=len(put.data),
        readers=_readers(rehearsal.view, terms, keys),
    )


def _readers(view: TaskView, terms: Terms, keys: Iterable[bytes]) -> tuple[Reader, ...]:
    """Return whose keys these are, by role and seat; the seats' accounts are those of the task's own `terms`."""
    wanted = set(keys)
    key_of = {**view.age_keys, terms.requester.account: terms.requester.age_key}
    parts = view.state.parts.items()
    mine = [Reader(account, part.role, part.seat) for account, part in parts if key_of.get(account) in wanted]
    first = terms.aggregators[0].account
    acting = Reader(view.terms.aggregators[0], Role.AGGREGATOR, 0)
    found = [replace(reader, account=first) if reader == acting else reader for reader in mine]
    return tuple(sorted(found, key=lambda reader: (reader.role, reader.seat, reader.account)))


def arguments(call: Call) -> dict[str, Any]:
    """Return a call's arguments as people read them: bytes in hex, lists by their length."""
    return {name: _plain(value) for name, value in call.arguments.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
