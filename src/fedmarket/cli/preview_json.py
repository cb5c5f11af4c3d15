"""A preview as one JSON object: every thing that would leave, with its sizes and readers."""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fedmarket.embedded.preview import Preview, Reader, SummaryLine, UpdateLine


def preview_json(preview: "Preview") -> str:
    """Return the object as text: amounts in base units, sizes in bytes, hashes in hex."""
    from fedmarket.embedded.preview import LATER_VERBS, arguments

    told = {
        "task": preview.number,
        "account": preview.account,
        "made_up_account": preview.stand_in,
        "rows": preview.rows,
        "steps": preview.terms.training.steps,
        "batch": preview.terms.training.batch,
        "each_row_drawn": preview.drawn,
        "weight": preview.weight,
        "privacy": preview.terms.privacy,
        "epsilon": None,
        "on_chain": [
            {"verb": "join", "arguments": arguments(preview.join), "pays": preview.join.pays},
            {"verb": "announce", "arguments": arguments(preview.announce), "only_if": "passed over or flooded"},
            *({"verb": verb} for verb in LATER_VERBS),
        ],
        "in_store": [
            *([{"what": "summary", **_summary(preview.summary)}] if preview.summary else []),
            {"what": "update", "rounds": preview.terms.rounds, **_update(preview.update)},
            {"what": "update", "only_if": "announced", **_update(preview.announced)},
            {"what": "ask", "only_if": "a model does not open", "size": preview.ask_size, "readers": "everybody"},
        ],
        "handed_on_to": _readers(preview.handed_on),
        "models_readable_by": _readers(preview.model_readers),
        "bond": preview.bond,
        "earns_at_most": preview.most,
        "earns_if_all_teach_the_same": preview.even,
    }
    return json.dumps(told, indent=2)


def _summary(line: "SummaryLine") -> dict[str, Any]:
    return {
        "slot": line.slot,
        "rows": line.rows,
        "columns": line.columns,
        "size": line.plain_size,
        "encrypted_size": line.sealed_size,
        "readers": _readers(line.readers),
    }


def _update(line: "UpdateLine") -> dict[str, Any]:
    header = {name: "0x" + v.hex() if isinstance(v, bytes) else v for name, v in asdict(line.header).items()}
    return {
        "slot": line.slot,
        "header": header,
        "tensors": [asdict(tensor) for tensor in line.tensors],
        "signature_size": line.signature_size,
        "size": line.plain_size,
        "encrypted_size": line.sealed_size,
        "readers": _readers(line.readers),
    }


def _readers(readers: "tuple[Reader, ...]") -> list[dict[str, Any]]:
    return [{"account": reader.account, "role": reader.role.name.lower()} for reader in readers]
