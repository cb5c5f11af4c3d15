"""The page of figures, in each language, from the results that are committed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.result import RESULTS, Cell, Result, Table, Verdict, read
from fedmarket.embedded.demo_world import local_name

WORDS = Path(__file__).parent / "words"
ORDER = (
    "aggregation",
    "market_work",
    "audit_time",
    "round_time",
    "contribution",
    "rule_contribution",
    "batched_exact",
    "gas",
    "exchange",
    "listings",
    "parallel_tasks",
    "startup",
    "demo_seeds",
    "pay_attacks",
    "strategies",
)
"""Every benchmark, in the order of the page."""


@cache
def words(lang: str) -> Mapping[str, Any]:
    """Return the words of a language: titles by benchmark, captions by table, and what ids in tables mean."""
    found: Mapping[str, Any] = json.loads((WORDS / f"{lang}.json").read_text(encoding="utf-8"))
    return found


def results(folder: Path = RESULTS) -> list[Result]:
    """Read the results there are, in the order of the page."""
    return [read(path) for name in ORDER if (path := folder / f"{name}.json").exists()]


def page(lang: str, found: Sequence[Result] | None = None) -> str:
    """Write the page in one language, from the committed results unless others are given."""
    shown, said = results() if found is None else found, words(lang)["page"]
    parts = [f"# {said['title']}", said["other"], said["intro"], said["how"], f"## {said['bounds']}"]
    parts.append(_verdicts([(each.name, verdict) for each in shown for verdict in each.found.verdicts], lang, "about"))
    for each in shown:
        parts += _section(each, lang)
    return "\n\n".join(parts) + "\n"


def _section(result: Result, lang: str) -> list[str]:
    said = words(lang)
    title, about = said["benchmarks"][result.name]
    parts = [f"## {title}", about]
    if result.found.verdicts:
        parts.append(_verdicts([(result.name, verdict) for verdict in result.found.verdicts], lang))
    for table in result.found.tables:
        parts += [f"{said['tables'][f'{result.name}.{table.name}']}{_colon(lang)}", _table(table, lang)]
    facts = [f"{said['facts'][name]} {_cell(value, lang)}" for name, value in result.found.facts.items()]
    parts += [_sentence(facts, lang)] * bool(facts)
    parts += [_where(result, lang), f"{said['page']['run']}{_colon(lang)} `python -m benchmarks.{result.name}`"]
    return parts


def _verdicts(verdicts: Iterable[tuple[str, Verdict]], lang: str, *first: str) -> str:
    """Write one line a bound; with "about" as `first` column, what the benchmark is about."""
    said = words(lang)["page"]
    rows = []
    for name, verdict in verdicts:
        bound = f"{said[str(verdict.sense)]} {_cell(verdict.bound, lang)}"
        outcome = said["kept"] if verdict.kept else said["not_kept"]
        figure = words(lang)["verdicts"][f"{name}.{verdict.name}"]
        about = [words(lang)["benchmarks"][name][0]] if first else []
        rows.append((*about, figure, bound, _cell(verdict.measured, lang), outcome))
    return _grid([said[name] for name in (*first, "figure", "bound", "measured", "verdict")], rows)


def _table(table: Table, lang: str) -> str:
    heads = [words(lang)["columns"][name] for name in table.columns]
    return _grid(heads, [[_cell(cell, lang) for cell in row] for row in table.rows])


def _grid(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    marks = ["---", *["---:"] * (len(heads) - 1)]
    return "\n".join(f"| {' | '.join(line)} |" for line in (heads, marks, *rows))


def _cell(value: Cell, lang: str) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        labels: Mapping[str, str] = words(lang)["labels"]
        return labels.get(value) or local_name(value, lang)
    return f"{value:,}" if isinstance(value, int) else _number(value)


def _number(value: float) -> str:
    """Return about three digits of a number, as people write it."""
    size = abs(value)
    if size >= 100 or value == int(value):
        return f"{value:,.0f}"
    if size >= 0.001:
        return f"{value:.3g}" if size < 1 else f"{value:.2f}" if size < 10 else f"{value:.1f}"
    return f"{value:.1e}"


def _where(result: Result, lang: str) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in result.versions.items())
    facts = {**vars(result.machine), "date": result.date, "seed": result.seed, "seconds": f"{result.seconds:,.0f}"}
    text: str = words(lang)["page"]["where"]
    return text.format(**facts, versions=versions)


def _sentence(facts: Sequence[str], lang: str) -> str:
    text = ("；" if lang == "zh" else "; ").join(facts) + ("。" if lang == "zh" else ".")
    return text[0].upper() + text[1:]


def _colon(lang: str) -> str:
    return "：" if lang == "zh" else ":"
