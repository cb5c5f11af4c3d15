"""The demo's world: five hospitals, a free rider, a validation set and a test set, drawn from real biopsies."""

import csv
from dataclasses import dataclass
from importlib.resources import files
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from fedmarket.domain.errors import sentence

CLASSES = ("benign", "malignant")
TARGET = "diagnosis"
VALIDATION_ROWS = 114
TEST_ROWS = 228
"""20 % and 40 % of 569 biopsies. Of the other 227 the hospitals hold 221, and nobody the last six."""
FREE_RIDER_WEIGHT = 25


class Hospital(NamedTuple):
    """What a hospital is like: its catalogue id, its biopsies, and which parts of them are malignant or mislabelled."""

    id: str
    biopsies: int
    malignant: float
    mislabelled: float


HOSPITALS = (
    Hospital("site_screening", 70, 0.08, 0.0),
    Hospital("site_referral", 49, 0.80, 0.0),
    Hospital("site_general", 39, 0.37, 0.0),
    Hospital("site_clinic", 24, 0.90, 0.0),
    Hospital("site_city", 39, 0.37, 0.2),
)
FREE_RIDER = sentence("demo.free_rider")
NOISY_SITE = sentence("demo.site_city")
_NAME_IDS = (
    "free_rider",
    *(hospital.id for hospital in HOSPITALS),
    *(f"role_{role}" for role in ("requester", "aggregator", "standby", "evaluator", "site")),
)


@dataclass(frozen=True, eq=False)
class Patients:
    """Raw `features` (n, 30), float64 and read-only, and `labels` (n,): a class name each."""

    features: NDArray[np.float64]
    labels: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Site(Patients):
    """A hospital's patients under its English name; `note` says in a few words what they are like."""

    name: str
    note: str


@dataclass(frozen=True, eq=False)
class DemoWorld:
    """Who holds which patients; no patient is in two places.

    `free_rider_weight` is what the sixth provider claims to hold; it holds nothing.
    """

    sites: tuple[Site, ...]
    free_rider_weight: int
    validation: Patients
    test: Patients
    feature_names: tuple[str, ...]
    classes: tuple[str, ...]

    @classmethod
    def make(cls, seed: int) -> Self:
        """Draw a world from `seed` (>= 0); the same seed gives the same world.

        Each hospital draws its case mix from all biopsies first, so that every seed has enough of both
        classes; validation and test sets are drawn from what is left.
        """
        names, features, labels = read_biopsies()
        random = np.random.Generator(np.random.PCG64(seed))
        left = {name: random.permutation(np.flatnonzero(labels == name)) for name in CLASSES}
        sites = tuple(_site(hospital, left, features, labels, random) for hospital in HOSPITALS)
        rest = random.permutation(np.concatenate([left[name] for name in CLASSES]))
        return cls(
            sites=sites,
            free_rider_weight=FREE_RIDER_WEIGHT,
            validation=_patients(rest[:VALIDATION_ROWS], features, labels),
            test=_patients(rest[VALIDATION_ROWS : VALIDATION_ROWS + TEST_ROWS], features, labels),
            feature_names=names,
            classes=CLASSES,
        )


def local_name(name: str, lang: str) -> str:
    """Return a demo party's English `name` in `lang`, with its number if it has one ("evaluator 2").

    A name that is not of the demo comes back as it is.
    """
    word, _, number = name.rpartition(" ") if name[-1:].isdigit() else (name, "", "")
    for name_id in _NAME_IDS:
        if sentence(f"demo.{name_id}") == word:
            return f"{sentence(f'demo.{name_id}', lang)} {number}".rstrip()
    return name


def read_biopsies() -> tuple[tuple[str, ...], NDArray[np.float64], NDArray[np.str_]]:
    """Return the names of the 30 features, the raw features (569, 30) and the labels (569,) of all biopsies."""
    text = files("fedmarket.embedded").joinpath("data", "breast_cancer.csv").read_text(encoding="utf-8")
    header, *rows = csv.reader(text.splitlines())
    features = np.array([row[:-1] for row in rows]).astype(np.float64)
    return tuple(header[:-1]), features, np.array([row[-1] for row in rows])


def _site(
    hospital: Hospital,
    left: dict[str, NDArray[np.int64]],
    features: NDArray[np.float64],
    labels: NDArray[np.str_],
    random: np.random.Generator,
) -> Site:
    malignant = round(hospital.biopsies * hospital.malignant)
    drawn = []
    for name, count in zip(CLASSES, (hospital.biopsies - malignant, malignant), strict=True):
        drawn.append(left[name][:count])
        left[name] = left[name][count:]
    patients = _patients(random.permutation(np.concatenate(drawn)), features, labels)
    wrong = random.choice(hospital.biopsies, round(hospital.biopsies * hospital.mislabelled), replace=False)
    told = list(patients.labels)
    for row in wrong:
        told[row] = CLASSES[1 - CLASSES.index(told[row])]
    name, note = sentence(f"demo.{hospital.id}"), sentence(f"demo.{hospital.id}_note")
    return Site(patients.features, tuple(told), name, note)


def _patients(rows: NDArray[np.int64], features: NDArray[np.float64], labels: NDArray[np.str_]) -> Patients:
    held = features[rows]
    held.flags.writeable = False
    return Patients(held, tuple(map(str, labels[rows])))
