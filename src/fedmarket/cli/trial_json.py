"""A trial as one JSON object: the demo's, and how the table was read and divided."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from fedmarket.cli.json_output import story

if TYPE_CHECKING:
    from fedmarket.embedded.trial import TrialResult
    from fedmarket.embedded.trial_data import TrialData


def trial_json(trial: "TrialResult") -> str:
    """Return the object as text. `remarks` name by id what was left out or is to be known; amounts as in the demo's."""
    told = {**story(trial), "data": _data(trial.data), "options": asdict(trial.options)}
    return json.dumps(told, indent=2)


def _data(data: "TrialData") -> dict[str, Any]:
    return {
        "rows": data.rows,
        "target": data.target.column,
        "classes": dict(zip(data.target.classes, data.target.counts, strict=True)),
        "columns": [
            {"name": used.column, "kind": used.kind, "features": list(used.features)} for used in data.layout.used
        ],
        "remarks": [{"id": remark.remark_id, **remark.params} for remark in data.remarks],
        "sites": {site.name: len(site.raw.labels) for site in data.sites},
        "validation_rows": len(data.validation.labels),
        "test_rows": len(data.test.labels),
    }
