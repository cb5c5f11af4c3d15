"""The contract's reference, read from its sources: verbs with their arguments, events, reasons of refusal, promises."""

import re
from pathlib import Path

from docs.generators.refusals import catalogue, cell

SALES = ("ordering", "delivery")
CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
VERBS = ("opening", "training", "scoring", "payment")
FUNCTION = re.compile(
    r"@external\n(?:@view\n)?def (?P<name>\w+)\((?P<args>.*?)\)(?: -> (?P<returns>[^:]+))?:\n"
    r'    """(?P<doc>.*?)"""',
    re.S,
)
EVENT = re.compile(r"(?P<doc>(?:# .*\n)+)event (?P<name>\w+):\n(?P<fields>(?:    .*\n)+)")
STRUCT = re.compile(r"struct (?P<name>\w+):\n(?P<fields>(?:    .*\n)+)")
GETTERS = {
    "token": "The token that the market pays in.",
    "sink": "Where forfeits go.",
    "task_count": "How many tasks there are; their ids count from 1.",
    "task_of": "The id of the task that a requester opened under a terms hash, 0 where there is none.",
    "round_slot": "keccak of a committed round's updates root, model and manifest, by task and round.",
}
"""Public variables, whose sources bear no notice."""
CATALOGUE_GETTERS = {
    "token": "The token that its prices are in.",
    "dataset_count": "How many datasets there are; their numbers count from 1.",
    "dataset_of": "The number of the dataset that an owner listed a hash for, 0 where there is none.",
    "offer_slot": "keccak of listing, uses and prices of a version, by dataset and version.",
}
INVARIANT = re.compile(r"@custom:invariant-(\w+) (.*?)(?=\n@|\n\"\"\")", re.S)


def page() -> str:
    """Return the page as Markdown."""
    market = _source("TaskMarket")
    lines = [
        "# The contract",
        "",
        "Generated from `contracts/` by `make docs`. A call that is refused reverts with a reason, which the table at",
        "the end explains; what each verb does to the last unit is written down a second time in",
        "`src/fedmarket/domain/reference/`.",
        "",
        "## Promises",
        "",
        *[f"- `{name}`: {_line(text)}" for name, text in INVARIANT.findall(market)],
    ]
    for module in VERBS:
        lines += ["", f"## Verbs: {module}", "", _notice(_source(module)), ""]
        lines += [line for found in FUNCTION.finditer(_source(module)) for line in _function(found)]
    lines += ["", "## What anybody may read", ""]
    lines += [line for found in FUNCTION.finditer(market) for line in _function(found)]
    lines += [line for name, text in GETTERS.items() for line in (f"- `{name}(...)`", f"  {text}")]
    lines += [line for found in FUNCTION.finditer(_source("ledger")) for line in _function(found)]
    lines += ["", "## Events", ""]
    lines += [line for found in EVENT.finditer(_source("events")) for line in _event(found)]
    lines += _exchange()
    lines += _catalogue(_source("DataCatalog"))
    lines += ["", "## Reasons of refusal", "", "| reason | what it says | 中文 |", "|---|---|---|"]
    english, chinese = catalogue("contract", "en"), catalogue("contract", "zh")
    lines += [f"| `{name}` | {cell(english[name])} | {cell(chinese[name])} |" for name in sorted(english)]
    return "\n".join([*lines, ""])


def _exchange() -> list[str]:
    exchange, offer = _source("Exchange"), _source("exchange_offer")
    lines = ["", "# The exchange", "", _notice(exchange), "", "## Promises of the exchange", ""]
    promises = INVARIANT.findall(exchange) + INVARIANT.findall(_source("exchange_ledger"))
    lines += [f"- `{name}`: {_line(text)}" for name, text in promises]
    for module in SALES:
        lines += ["", f"## Verbs: {module}", "", _notice(_source(module)), ""]
        lines += [line for found in FUNCTION.finditer(_source(module)) for line in _function(found)]
    lines += ["", "## What anybody may read of the exchange", ""]
    lines += [line for found in FUNCTION.finditer(exchange) for line in _function(found)]
    lines += ["", "## What is signed", "", _notice(offer), ""]
    lines += [line for found in STRUCT.finditer(offer) for line in _struct(found)]
    lines += ["", "## Events of the exchange", ""]
    return lines + [line for found in EVENT.finditer(_source("exchange_events")) for line in _event(found)]


def _struct(found: re.Match[str]) -> list[str]:
    fields = [line.strip().partition("  # ") for line in found["fields"].splitlines()]
    said = [f"  - `{name}`{': ' + text if text else ''}" for name, _, text in fields]
    return [f"- `{found['name']}`", *said]


def _catalogue(source: str) -> list[str]:
    """Return what there is to know of the catalogue: promises, verbs and views, and events."""
    return [
        *("", "## The catalogue of datasets", "", _notice(source), ""),
        *[f"- `{name}`: {_line(text)}" for name, text in INVARIANT.findall(source)],
        "",
        *[line for found in FUNCTION.finditer(source) for line in _function(found)],
        "",
        *[line for name, text in CATALOGUE_GETTERS.items() for line in (f"- `{name}(...)`", f"  {text}")],
        "",
        *[line for found in EVENT.finditer(source) for line in _event(found)],
    ]


def _source(module: str) -> str:
    return (CONTRACTS / f"{module}.vy").read_text(encoding="utf-8")


def _function(found: re.Match[str]) -> list[str]:
    args = " ".join(found["args"].split()).rstrip(",")
    returns = f" -> {found['returns']}" if found["returns"] else ""
    return [f"- `{found['name']}({args}){returns}`", f"  {_notice(found['doc'])}"]


def _event(found: re.Match[str]) -> list[str]:
    fields = ", ".join(line.strip() for line in found["fields"].splitlines())
    said = " ".join(line.removeprefix("# ") for line in found["doc"].splitlines())
    return [f"- `{found['name']}({fields})`", f"  {said}"]


def _notice(text: str) -> str:
    found = re.search(r"@notice (.*?)(?=\n\s*@|\n\s*\"\"\"|\Z)", text, re.S)
    return _line(found[1]) if found else ""


def _line(text: str) -> str:
    return " ".join(text.split())
