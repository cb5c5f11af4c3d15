"""The demo's world: real biopsies in six places, each of them once."""

from dataclasses import FrozenInstanceError
from itertools import chain

import numpy as np
import pytest

from fedmarket.embedded.demo_world import (
    FREE_RIDER,
    NOISY_SITE,
    DemoWorld,
    Patients,
    local_name,
    read_biopsies,
)

SEEDS = range(20)


@pytest.fixture(scope="module", params=SEEDS)
def world(request: pytest.FixtureRequest) -> DemoWorld:
    return DemoWorld.make(request.param)


def everybody(world: DemoWorld) -> list[Patients]:
    return [*world.sites, world.validation, world.test]


def true_diagnoses() -> dict[bytes, str]:
    _, features, labels = read_biopsies()
    return {row.tobytes(): str(label) for row, label in zip(features, labels, strict=True)}


DIAGNOSES = true_diagnoses()


def true_labels(patients: Patients) -> list[str]:
    return [DIAGNOSES[row.tobytes()] for row in patients.features]


def test_the_file_holds_569_different_biopsies_of_30_finite_measurements() -> None:
    names, features, labels = read_biopsies()
    assert features.shape == (569, 30) and len(set(names)) == 30
    assert np.isfinite(features).all() and len(DIAGNOSES) == 569
    assert {name: int((labels == name).sum()) for name in ("benign", "malignant")} == {
        "benign": 357,
        "malignant": 212,
    }


def test_the_file_equals_the_source_it_was_exported_from() -> None:
    datasets = pytest.importorskip("sklearn.datasets")
    source = datasets.load_breast_cancer()
    names, features, labels = read_biopsies()
    assert list(names) == list(source.feature_names)
    assert np.array_equal(features, source.data)
    assert np.array_equal(labels == "benign", source.target == 1)


def test_no_patient_is_in_two_places(world: DemoWorld) -> None:
    rows = [row.tobytes() for patients in everybody(world) for row in patients.features]
    assert len(rows) == len(set(rows)) == 221 + 114 + 228


def test_the_places_have_their_sizes(world: DemoWorld) -> None:
    assert [len(site) for site in world.sites] == [70, 49, 39, 24, 39]
    assert (len(world.validation), len(world.test), world.free_rider_weight) == (114, 228, 25)
    for patients in everybody(world):
        assert patients.features.shape == (len(patients.labels), 30)
        assert patients.features.dtype == np.float64


def test_each_hospital_has_its_case_mix(world: DemoWorld) -> None:
    malignant = [true_labels(site).count("malignant") / len(site) for site in world.sites]
    assert malignant == pytest.approx([0.08, 0.80, 0.37, 0.90, 0.37], abs=0.5 / 24)


def test_a_fifth_of_the_labels_is_wrong_at_the_noisy_hospital_and_none_elsewhere(world: DemoWorld) -> None:
    wrong = {
        site.name: sum(told != true for told, true in zip(site.labels, true_labels(site), strict=True))
        for site in world.sites
    }
    assert wrong.pop(NOISY_SITE) == 8
    assert set(wrong.values()) == {0}
    assert list(world.validation.labels) == true_labels(world.validation)
    assert list(world.test.labels) == true_labels(world.test)


def test_everybody_holds_both_classes_and_only_these(world: DemoWorld) -> None:
    for patients in everybody(world):
        assert set(patients.labels) == set(world.classes) == {"benign", "malignant"}


def test_the_same_seed_gives_the_same_world_and_another_seed_another() -> None:
    first, again, other = DemoWorld.make(3), DemoWorld.make(3), DemoWorld.make(4)
    for one, two, three in zip(everybody(first), everybody(again), everybody(other), strict=True):
        assert np.array_equal(one.features, two.features) and one.labels == two.labels
        assert not np.array_equal(one.features, three.features)


def test_nothing_in_a_world_can_be_changed() -> None:
    world = DemoWorld.make(1)
    with pytest.raises(ValueError, match="read-only"):
        world.sites[0].features[0, 0] = 1.0
    with pytest.raises(FrozenInstanceError):
        world.sites[0].name = "Another"  # type: ignore[misc]


def test_every_name_has_its_chinese_and_a_stranger_keeps_its_own() -> None:
    names = [site.name for site in DemoWorld.make(1).sites] + [FREE_RIDER]
    assert len(set(names)) == 6
    assert [local_name(name, "en") for name in names] == names
    chinese = [local_name(name, "zh") for name in names]
    assert len(set(chinese)) == 6 and all(not character.isascii() for character in chain(*chinese))
    assert local_name("St. Mary's", "zh") == "St. Mary's"
