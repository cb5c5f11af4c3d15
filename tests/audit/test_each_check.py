"""For every check there is a record that it is the first to find fault with; what waits for it says so."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from fedmarket.audit.checks import CHECKS
from fedmarket.audit.run import audit_export
from fedmarket.domain.canonical import digest
from fedmarket.domain.codec import Amount
from fedmarket.learning.bundle import pack_bundle, unpack_bundle
from fedmarket.learning.tensors import decode, encode
from fedmarket.record.export import read_export, write_export
from fedmarket.record.models import recipe_of
from fedmarket.record.sealed import open_sealed, put_sealed
from fedmarket.store.age import AgeIdentity
from tests.agents.rogue_evaluators import TOLERANCE_PPB, bent, cut_to, scores_moved, skills_moved
from tests.audit.exported import exported, require_clean, require_first_failure
from tests.audit.spoiling import Exhibit, Fields, shifted
from tests.simulation.world import World

FAR = 100 * TOLERANCE_PPB


@dataclass
class Case:
    """A clean record, and the keys to spoil it with."""

    exhibit: Exhibit
    world: World

    @property
    def evaluator(self) -> bytes:
        return self.world.secret("evaluator 0")

    @property
    def age(self) -> AgeIdentity:
        return AgeIdentity.from_secret(self.evaluator)

    def seal(self, data: bytes) -> str:
        return put_sealed(self.exhibit.store, data, [self.age.public])


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    folder = tmp_path_factory.mktemp("record")
    return folder, exported(folder)


@pytest.fixture
def case(record: tuple[Path, World], tmp_path: Path) -> Iterator[Case]:
    folder, world = record
    yield Case(Exhibit(copytree(folder, tmp_path / "record")), world)


def an_event_states_another_sum(case: Case) -> None:
    case.exhibit.change_fields("TaskSettled", lambda fields: {**fields, "paid": fields["paid"] ^ 1})


def the_terms_are_gone(case: Case) -> None:
    opened = next(event for event in case.exhibit.events if event.name == "TaskOpened")
    case.exhibit.remove("sha256:" + opened.fields["terms_hash"].hex())


def the_terms_promise_more_than_the_contract_holds(case: Case) -> None:
    money = case.exhibit.terms.money
    more = replace(money, performance=Amount(money.performance + 1))
    case.exhibit.replace_terms(replace(case.exhibit.terms, money=more), on_chain=False)


def the_terms_break_a_rule(case: Case) -> None:
    terms = case.exhibit.terms
    case.exhibit.replace_terms(replace(terms, training=replace(terms.training, steps=1)), on_chain=False)


def two_providers_joined_with_each_others_weight(case: Case) -> None:
    swapped = {10: 11, 11: 10, 12: 12}
    case.exhibit.change_fields("Joined", lambda fields: {**fields, "weight": swapped[fields["weight"]]})


def a_seat_announced_another_key(case: Case) -> None:
    def other(fields: Fields) -> Fields:
        return {**fields, "age_key": shifted(fields["age_key"]) if fields["seat"] == 1 else fields["age_key"]}

    case.exhibit.change_fields("SeatTaken", other)


def the_terms_name_another_initial_model(case: Case) -> None:
    case.exhibit.replace_terms(replace(case.exhibit.terms, initial_model=shifted(b"")), on_chain=True)


def a_manifest_is_gone(case: Case) -> None:
    case.exhibit.remove("sha256:" + case.exhibit.manifest(1).hash.hex())


def a_manifest_counts_a_round_too_many(case: Case) -> None:
    manifest = case.exhibit.manifest(2)
    first, *rest = manifest.delivered
    case.exhibit.replace_manifest(2, replace(manifest, delivered=(replace(first, rounds=first.rounds + 1), *rest)))


def a_signature_is_anothers(case: Case) -> None:
    manifest = case.exhibit.manifest(2)
    first, second, *rest = manifest.updates
    swapped = replace(first, signature=second.signature)
    case.exhibit.replace_manifest(2, replace(manifest, updates=(swapped, second, *rest)))


def a_signature_lost_a_bit(case: Case) -> None:
    manifest = case.exhibit.manifest(1)
    first, *rest = manifest.updates
    flipped = bytes([first.signature[0] ^ 1]) + first.signature[1:]
    case.exhibit.replace_manifest(1, replace(manifest, updates=(replace(first, signature=flipped), *rest)))


def two_tables_are_far_apart(case: Case) -> None:
    case.exhibit.replace_tables(lambda place, table: scores_moved(place * FAR)(table))


def the_tables_verify_fewer_rounds(case: Case) -> None:
    case.exhibit.replace_tables(lambda place, table: cut_to(1)(table))


def the_confirmed_root_is_another(case: Case) -> None:
    def other(fields: Fields) -> Fields:
        return {**fields, "vote": replace(fields["vote"], payout_root=shifted(fields["vote"].payout_root))}

    case.exhibit.change_fields("Confirmed", other)
    case.exhibit.change_fields("TaskSettled", other)


def the_confirmed_vote_moves_a_unit(case: Case) -> None:
    def other(fields: Fields) -> Fields:
        vote = fields["vote"]
        return {**fields, "vote": replace(vote, owed=vote.owed + 1, refund=vote.refund - 1)}

    case.exhibit.change_fields("Confirmed", other)
    case.exhibit.change_fields("TaskSettled", other)
    case.exhibit.rewrite(lambda event: None if event.name == "Refunded" else event)


def one_provider_was_paid_for_another(case: Case) -> None:
    claimed = [event for event in case.exhibit.events if event.name == "Claimed"]
    shift = {claimed[0].fields["account"]: 1, claimed[1].fields["account"]: -1}

    def moved(fields: Fields) -> Fields:
        return {**fields, "owed": fields["owed"] + shift.get(fields["account"], 0)}

    case.exhibit.change_fields("Claimed", moved)


def the_data_are_said_to_be_standardised_otherwise(case: Case) -> None:
    """Terms without bounds know no other constants than their own."""
    manifest, data = case.exhibit.manifest(1), b"other constants"
    changed = replace(manifest, constants=digest(data), constants_blob=case.seal(data))
    case.exhibit.replace_manifest(1, changed)


def the_validation_set_is_gone(case: Case) -> None:
    case.exhibit.remove(case.exhibit.terms.validation.blob)


def a_bundle_is_gone(case: Case) -> None:
    case.exhibit.remove(case.exhibit.manifest(1).bundle_blob)


def a_bundle_holds_the_updates_in_another_order(case: Case) -> None:
    manifest = case.exhibit.manifest(2)
    payloads = unpack_bundle(open_sealed(case.exhibit.store, manifest.bundle_blob, case.age, manifest.bundle, 1 << 20))
    data = pack_bundle(payloads[::-1])
    case.exhibit.replace_manifest(2, replace(manifest, bundle=digest(data), bundle_blob=case.seal(data)))


def an_aggregate_is_one_quantum_off(case: Case) -> None:
    manifest, spec = case.exhibit.manifest(2), recipe_of(case.exhibit.terms).spec.of("I64")
    data = open_sealed(case.exhibit.store, manifest.aggregate_blob, case.age, manifest.aggregate, 1 << 20)
    total = {name: values.copy() for name, values in decode(data, spec, spec.encoded_bytes).items()}
    total["bias"][0] += 1
    data = encode(total)
    case.exhibit.replace_manifest(2, replace(manifest, aggregate=digest(data), aggregate_blob=case.seal(data)))


def the_last_model_is_one_step_of_float32_off(case: Case) -> None:
    manifest, spec = case.exhibit.manifest(2), recipe_of(case.exhibit.terms).spec
    data = open_sealed(case.exhibit.store, manifest.model_blob, case.age, manifest.model, 1 << 20)
    model = {name: values.copy() for name, values in decode(data, spec, spec.encoded_bytes).items()}
    model["bias"][0] = np.nextafter(model["bias"][0], np.float32(1))
    data = encode(model)
    case.exhibit.replace_manifest(2, replace(manifest, model=digest(data), model_blob=case.seal(data)))


def an_event_is_invented_before_the_first_block(case: Case) -> None:
    """The chain's genesis holds no events: what stands there would never be replayed."""
    export = read_export(case.exhibit.folder)
    claimed = next(event for event in export.events if event.name == "Claimed")
    invented = replace(claimed, block=0, timestamp=0, fields={**claimed.fields, "owed": 1})
    write_export(case.exhibit.folder, replace(export, events=(invented, *export.events)))


def the_payouts_are_moved_behind_the_last_block(case: Case) -> None:
    """A late block in the middle of the list would hide what comes after the last one from a replay by blocks."""
    export = read_export(case.exhibit.folder)
    head, tail = export.events[:-1], export.events[-1]
    late = replace(head[-1], block=2**53 - 1)
    write_export(case.exhibit.folder, replace(export, events=(*head[:-1], late, tail)))


def two_events_change_places(case: Case) -> None:
    export = read_export(case.exhibit.folder)
    first, second, *rest = export.events
    write_export(case.exhibit.folder, replace(export, events=(second, first, *rest)))


SPOILED: dict[str, list[Callable[[Case], None]]] = {
    "events": [
        an_event_states_another_sum,
        an_event_is_invented_before_the_first_block,
        the_payouts_are_moved_behind_the_last_block,
        two_events_change_places,
    ],
    "terms": [the_terms_are_gone, the_terms_promise_more_than_the_contract_holds, the_terms_break_a_rule],
    "admission": [two_providers_joined_with_each_others_weight, a_seat_announced_another_key],
    "initial_model": [the_terms_name_another_initial_model],
    "manifests": [a_manifest_is_gone, a_manifest_counts_a_round_too_many],
    "signatures": [a_signature_is_anothers, a_signature_lost_a_bit],
    "agreement": [two_tables_are_far_apart, the_tables_verify_fewer_rounds],
    "settlement": [the_confirmed_root_is_another, the_confirmed_vote_moves_a_unit],
    "claims": [one_provider_was_paid_for_another],
    "validation": [the_validation_set_is_gone],
    "constants": [the_data_are_said_to_be_standardised_otherwise],
    "updates": [a_bundle_is_gone, a_bundle_holds_the_updates_in_another_order],
    "aggregation": [an_aggregate_is_one_quantum_off],
    "models": [the_last_model_is_one_step_of_float32_off],
}
COLLUSIONS = {"cut": cut_to(1), "skills": skills_moved(FAR), "contributions": scores_moved(FAR)}


def test_every_check_has_a_record_that_it_is_the_first_to_fail() -> None:
    assert SPOILED.keys() | COLLUSIONS.keys() == {row.name for row in CHECKS}


def test_the_clean_record_passes_every_check(record: tuple[Path, World]) -> None:
    folder, world = record
    assert len(require_clean(folder, world.secret("evaluator 0"))) == len(CHECKS)


@pytest.mark.parametrize(
    ("name", "spoil"),
    [(name, spoil) for name, ways in SPOILED.items() for spoil in ways],
    ids=lambda value: value if isinstance(value, str) else value.__name__,
)
def test_the_check_is_the_first_to_fail_where(name: str, spoil: Callable[[Case], None], case: Case) -> None:
    spoil(case)
    require_first_failure(audit_export(case.exhibit.folder, 1, case.evaluator), name)


@pytest.mark.parametrize("name", COLLUSIONS)
def test_what_colluding_evaluators_agreed_on_fails(name: str, tmp_path: Path) -> None:
    liars = {f"evaluator {i}": bent(COLLUSIONS[name]) for i in range(3)}
    world = exported(tmp_path, liars)
    require_first_failure(audit_export(tmp_path, 1, world.secret("evaluator 0")), name)
