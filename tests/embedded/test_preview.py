"""A preview lists what a provider's agent sends: held against one that really takes part in the same task."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fedmarket.agents.actor import Actor, Agent
from fedmarket.chain.port import Receipt
from fedmarket.cli.language import Words
from fedmarket.cli.page import Page
from fedmarket.cli.render_preview import tell_preview
from fedmarket.domain import codec
from fedmarket.domain.canonical import digest
from fedmarket.domain.errors import LANGUAGES, MarketError
from fedmarket.domain.lifecycle import Role
from fedmarket.embedded.preview import LATER_VERBS, Preview, arguments, preview
from fedmarket.embedded.record_folder import open_record
from fedmarket.learning.descent import shuffled_batches
from fedmarket.learning.update import SCHEMA, parse
from fedmarket.record.export import STORE, Export, write_export
from fedmarket.record.slots import CANDIDATES, ask_slot, update_slot
from fedmarket.store.age import decrypt
from fedmarket.store.folder import FolderStore
from tests.agents.rogue_sealers import StarvesAProvider
from tests.agents.story import Watch, finish, silent_in_scoring, world
from tests.simulation.world import CrashingChain, CrashingStore, World

ME = "provider 0"


@dataclass
class Sent:
    """What one agent put into the store and called on chain, in order."""

    puts: list[tuple[str | None, bytes]] = field(default_factory=list)
    calls: list[tuple[str, tuple[Any, ...], int]] = field(default_factory=list)

    def verbs(self) -> set[str]:
        return {verb for verb, _, _ in self.calls}


@dataclass
class NotingStore(CrashingStore):
    sent: Sent = field(default_factory=Sent)

    def put(self, data: bytes) -> str:
        self.sent.puts.append((None, data))
        return super().put(data)

    def put_entry(self, prefix: str, data: bytes) -> str:
        self.sent.puts.append((prefix, data))
        return super().put_entry(prefix, data)


@dataclass
class NotingChain(CrashingChain):
    sent: Sent = field(default_factory=Sent)

    def call(self, secret: bytes, verb: str, *args: Any, pays: int = 0) -> Receipt:
        receipt = super().call(secret, verb, *args, pays=pays)
        self.sent.calls.append((verb, args, pays))
        return receipt


@dataclass
class Played:
    """A task as it was really played, what provider 0 sent in it, and its preview from just after the opening."""

    stage: World
    sent: Sent
    seen: Preview


def played(
    *,
    flooded: bool = False,
    watch: Watch = lambda stage: None,
    cast: Mapping[str, Callable[[Actor], Agent]] | None = None,
    **fields: Any,
) -> Played:
    stage, sent = world(**fields), Sent()

    def noting(actor: Actor) -> Agent:
        actor.record.chain = NotingChain(stage.chain, stage.chaos, sent)
        actor.record.store = NotingStore(stage.store, stage.chaos, sent=sent)
        return stage.provider(actor, 0)

    stage.cast, stage.dead = {**(cast or {}), ME: noting}, {"stranger"}
    stage.step("requester")
    record = stage.record()
    record.refresh()
    weight = stage.open_weights[0] if stage.open_weights else None
    seen = preview(record, 1, stage.tables[0], stage.secret(ME), weight)
    if flooded:
        for place in range(CANDIDATES + 1):
            stage.store.put_entry(update_slot(record, 1, 1, 0, stage.account(ME)), place.to_bytes(4, "big"))
    stage.step(ME)  # joins first, so that it is the one whom a rogue aggregator starves
    finish(stage, watch)
    return Played(stage, sent, seen)


@pytest.fixture(scope="module")
def listed() -> Played:
    return played()


@pytest.fixture(scope="module")
def flooded() -> Played:
    return played(flooded=True)


def readers(stage: World, sealed: bytes) -> Iterator[str]:
    for role in stage.roles:
        try:
            decrypt(sealed, stage.actor(role, stage.record()).age)
        except MarketError:
            continue
        yield stage.account(role)


def test_the_join_is_the_one_that_is_sent_to_the_last_byte(listed: Played) -> None:
    verb, args, pays = listed.sent.calls[0]
    assert verb == listed.seen.join.verb == "join"
    assert list(args) == list(listed.seen.join.arguments.values())
    assert pays == listed.seen.join.pays == listed.seen.bond


def test_the_first_update_is_the_one_that_is_sent(listed: Played) -> None:
    slot, sealed = listed.sent.puts[0]
    payload = parse(decrypt(sealed, listed.stage.actor(ME, listed.stage.record()).age))
    line = listed.seen.update
    assert slot == line.slot
    assert payload.header == line.header
    assert len(payload.tensor_bytes) + len_of_frame(line) == line.plain_size
    assert abs(len(sealed) - line.sealed_size) < 400, "age adds a stanza of random length"


def test_every_later_update_has_the_same_shape(listed: Played) -> None:
    line = listed.seen.update
    assert len(listed.sent.puts) == listed.stage.terms.rounds
    for slot, sealed in listed.sent.puts:
        payload = parse(decrypt(sealed, listed.stage.actor(ME, listed.stage.record()).age))
        assert slot is not None and slot.endswith(f"/{payload.header.round}/0/{listed.stage.account(ME)}")
        assert len(payload.tensor_bytes) == line.plain_size - len_of_frame(line)
        assert {reader.account for reader in line.readers} == set(readers(listed.stage, sealed))


def len_of_frame(line: Any) -> int:
    """Bytes of a payload that are not tensors: lengths, header and signature."""
    return 4 + len(codec.encode(line.header, SCHEMA)) + 8 + int(line.signature_size)


def test_nothing_is_called_or_stored_that_is_not_listed(listed: Played, flooded: Played) -> None:
    for story in (listed, flooded):
        assert story.sent.verbs() <= {"join", "announce", *LATER_VERBS}
        assert "claim" in story.sent.verbs()
        own = f"/{story.stage.account(ME)}"
        assert all(slot is None or slot.endswith(own) for slot, _ in story.sent.puts)


def test_the_announcement_is_the_one_that_a_flooded_provider_sends(flooded: Played) -> None:
    call = next(call for call in flooded.sent.calls if call[0] == "announce")
    seen = flooded.seen
    task, round_number, update, blob = call[1]
    assert (task, round_number, update) == tuple(seen.announce.arguments.values())[:3]
    assert len(blob) == len(seen.announce.arguments["blob"]) == 32
    sealed = next(data for slot, data in flooded.sent.puts if slot is None)
    assert {reader.account for reader in seen.announced.readers} == set(readers(flooded.stage, sealed))


def test_a_fallback_calls_nothing_that_is_not_listed() -> None:
    story = played(watch=silent_in_scoring("evaluator 0", "evaluator 1"))
    assert "claim_fallback" in story.sent.verbs() <= {"join", "announce", *LATER_VERBS}


def test_an_ask_for_a_model_is_of_the_size_that_was_said() -> None:
    story = played(cast={"aggregator": StarvesAProvider})
    record = story.stage.record()
    slot = ask_slot(record, 1, story.stage.actor(ME, record).age.public)
    asks = [data for place, data in story.sent.puts if place == slot]
    assert asks and {len(ask) for ask in asks} == {story.seen.ask_size}
    own = (slot, f"/{story.stage.account(ME)}")
    assert all(place is None or place.endswith(own) for place, _ in story.sent.puts)


@pytest.fixture(scope="module")
def federated() -> Played:
    return played(bounds=(("-4", "4"),) * 3, rows=60)


class TestConstantsFromProviders:
    def test_the_summary_is_the_one_that_is_sent_to_the_last_byte(self, federated: Played) -> None:
        slot, sealed = federated.sent.puts[0]
        line = federated.seen.summary
        assert line is not None and slot == line.slot
        plain = decrypt(sealed, federated.stage.actor("aggregator", federated.stage.record()).age)
        assert (len(plain), line.rows, line.columns) == (line.plain_size, 60, 3)
        assert federated.seen.join.arguments["listing"] == digest(plain) == federated.sent.calls[0][1][1]
        assert {reader.account for reader in line.readers} == set(readers(federated.stage, sealed))

    def test_the_update_has_its_size_and_its_readers(self, federated: Played) -> None:
        slot, sealed = federated.sent.puts[1]
        payload = parse(decrypt(sealed, federated.stage.actor(ME, federated.stage.record()).age))
        line = federated.seen.update
        assert slot == line.slot
        assert len(payload.tensor_bytes) + len_of_frame(line) == line.plain_size
        assert replace(payload.header, constants=line.header.constants) == line.header
        assert {reader.account for reader in line.readers} == set(readers(federated.stage, sealed))

    def test_with_few_rows_nothing_is_said(self) -> None:
        story = played(bounds=(("-4", "4"),) * 3, rows=40)
        assert story.seen.summary is None
        assert story.sent.calls[0][1][1] == bytes(32)


def test_who_checks_is_named_by_account_and_role(listed: Played) -> None:
    roles = [reader.role for reader in listed.seen.handed_on]
    assert roles.count(Role.AGGREGATOR) == 2 and roles.count(Role.EVALUATOR) == 3
    stage, round_one = listed.stage, listed.stage.record()
    round_one.refresh()
    bundle = stage.store.get(round_one.manifest(1, 1).bundle_blob)
    assert {reader.account for reader in listed.seen.handed_on} == set(readers(stage, bundle))
    model = stage.store.get(round_one.manifest(1, 1).model_blob)
    assert {reader.account for reader in listed.seen.model_readers} == set(readers(stage, model))


def test_nothing_is_sent_by_looking(listed: Played, tmp_path: Path) -> None:
    stage = world()
    stage.step("requester")
    record = stage.record()
    record.refresh()
    store = FolderStore(tmp_path / STORE)
    store.put(stage.terms.encoded)
    write_export(tmp_path, Export(31337, record.chain.market, record.chain.sink, tuple(record.fold.events)))
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    seen = preview(open_record(tmp_path), 1, stage.tables[0], stage.secret(ME))
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before
    assert seen.update.plain_size == listed.seen.update.plain_size


def test_what_is_owed_stays_below_what_was_said_at_most(listed: Played) -> None:
    account = listed.stage.account(ME)
    record = listed.stage.record()
    record.refresh()
    (paid,) = [payment.owed for payment in record.task(1).payments if payment.account == account]
    money = listed.stage.terms.money
    assert 0 < paid <= listed.seen.most == money.performance + listed.seen.participation
    assert listed.seen.participation == money.participation * 10 // (10 + 11 + 12)


def test_without_a_key_a_made_up_account_takes_a_line_of_the_list() -> None:
    stage = world()
    stage.step("requester")
    record = stage.record()
    record.refresh()
    seen = preview(record, 1, stage.tables[0], None)
    assert seen.stand_in and seen.replaced == stage.account(ME)
    assert seen.weight == 10 and arguments(seen.join)["weight"] == 10
    assert seen.account not in stage.account(ME)


def test_under_open_admission_the_bond_is_that_of_the_weight() -> None:
    options = {"participation": 0, "floor_bps": 0, "toll_bps": 4000}
    story = played(open_weights=(10, 20, 30), options=options)
    assert story.seen.weight == 10
    assert story.seen.bond == story.stage.terms.chain_terms().bond_of(10) == story.sent.calls[0][2]
    assert story.seen.participation == 0


def test_an_account_that_is_not_on_the_list_is_refused() -> None:
    stage = world()
    stage.step("requester")
    record = stage.record()
    record.refresh()
    with pytest.raises(MarketError) as refusal:
        preview(record, 1, stage.tables[0], stage.secret("stranger"))
    assert (refusal.value.error_id, refusal.value.exit_code) == ("embedded.not_admitted", 3)
    assert all(stage.account("stranger") in refusal.value.sentence(language) for language in LANGUAGES)


def test_terms_with_another_initial_model_are_refused_as_the_agent_refuses_them() -> None:
    stage = world(rewrite=lambda terms: replace(terms, initial_model=bytes(32)))
    stage.step("requester")
    record = stage.record()
    record.refresh()
    with pytest.raises(MarketError) as refusal:
        preview(record, 1, stage.tables[0], stage.secret(ME))
    assert refusal.value.error_id == "record.wrong_start"


def test_a_tensor_is_int32_of_the_models_shape(listed: Played) -> None:
    lines = {tensor.name: (tensor.shape, tensor.dtype, tensor.size) for tensor in listed.seen.update.tensors}
    assert lines == {"bias": ((2,), "int32", 8), "weight": ((3, 2), "int32", 24)}


class TestFewRows:
    def seen(self, rows: int) -> Preview:
        stage = world(rows=rows, options={"batch": 32})
        stage.step("requester")
        record = stage.record()
        record.refresh()
        return preview(record, 1, stage.tables[0], stage.secret(ME), None)

    def test_fewer_than_one_step_of_the_smallest_kind_are_refused(self) -> None:
        with pytest.raises(MarketError) as refusal:
            self.seen(15)
        assert (refusal.value.error_id, refusal.value.exit_code) == ("data.too_few_to_train", 2)
        assert all("15" in refusal.value.sentence(lang) and "16" in refusal.value.sentence(lang) for lang in LANGUAGES)

    @pytest.mark.parametrize(("rows", "warned"), [(16, True), (31, True), (32, False)])
    @pytest.mark.parametrize("lang", LANGUAGES)
    def test_fewer_than_a_step_takes_are_warned_of(self, rows: int, warned: bool, lang: str) -> None:
        out = StringIO()
        tell_preview(self.seen(rows), "t.csv", Page(out), Words(lang).of("preview"))
        assert (("Careful" in out.getvalue()) or ("注意" in out.getvalue())) is warned

    def test_rows_are_drawn_as_often_as_is_said(self) -> None:
        seen = self.seen(20)
        training = seen.terms.training
        counts = np.bincount(shuffled_batches(20, training.steps, training.batch, seed=5).ravel(), minlength=20)
        assert (counts.min(), counts.max()) == seen.drawn
