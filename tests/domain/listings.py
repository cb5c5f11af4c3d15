"""A sound listing for tests."""

from typing import Any

from fedmarket.domain.codec import Amount
from fedmarket.domain.listing import (
    Chunks,
    Column,
    Count,
    Licence,
    Listing,
    Moment,
    Provenance,
    QualityLine,
    Statistics,
    TableFacts,
    Use,
)

OWNER = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"
TRAIN = Use("train", Amount(120 * 10**18), "2027-12-31", True)
APPRAISE = Use("appraise", Amount(5 * 10**18), None, False)
COPY = Use("copy", Amount(10**21), None, False)
CHUNKS = Chunks(bytes(range(32)), 25, 4096)
STATISTICS = Statistics("0.5", (Moment("age", "51.25", "9.5"),), (Count("outcome", "yes", "-3"),))
TABLE = TableFacts(
    media_type="text/csv",
    rows=200,
    size=10_000,
    commitment=bytes(range(1, 33)),
    columns=(Column("age", "number", "in years"), Column("outcome", "target", "")),
    target="outcome",
    task_type="classes",
)
PROVENANCE = Provenance(
    lawful_source="Collected in our own treatment.",
    authorisation=("Patients, by consent", "Ethics board 12/2026"),
    classification="sensitive",
    personal_information="anonymised",
    personal_statement="Names were removed.",
    reviewed=(("age", "Years only."),),
    use_case="Models of outcomes.",
    delivery="in_place",
    billing="per_task",
    term="While the offer stands.",
    updated="yearly",
)


def listing(**changes: Any) -> Listing:
    """Return the sound listing with some fields changed."""
    sound: dict[str, Any] = {
        "owner": OWNER,
        "name": "Outcomes of one clinic",
        "description": "One row a patient.\n门诊结局数据。",
        "publisher": "Clinic",
        "keywords": ("oncology", "结局"),
        "language": "en",
        "published": "2026-11-25",
        "version": 1,
        "table": TABLE,
        "licence": Licence("CC-BY-4.0", None),
        "uses": (TRAIN, APPRAISE),
        "provenance": PROVENANCE,
        "quality": (QualityLine("quality.missing", "age"),),
        "evidence": (),
        "statistics": STATISTICS,
        "chunks": None,
    }
    return Listing(**{**sound, **changes})
