"""Datasets as a list of lines, as a card, and as JSON."""

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from rich.cells import cell_len, set_cell_size
from rich.console import RenderableType
from rich.table import Table

from fedmarket.cli.amounts import tokens
from fedmarket.cli.language import Words
from fedmarket.cli.page import Page, Prose, plain_table, printable
from fedmarket.domain.listing import Listing, UseKind
from fedmarket.record.track_record import TrackRecord

if TYPE_CHECKING:
    from fedmarket.record.dataset_search import Found
    from fedmarket.record.datasets import DatasetView

MOST_COLUMNS = 30
WIDEST_NAME = 26
PLACES = 4


def tell_cards(found: "list[Found]", unread: int, page: Page, words: Words) -> None:
    """Print a line for each dataset, and how many listings could not be read."""
    if found:
        table = plain_table(
            words("number"), words("name"), *(words(n) for n in ("rows", "train", "copy", "paid")), right=4
        )
        for view, track in found:
            if view.listing is not None:
                table.add_row(*_line(view, view.listing, track))
        page.show(table)
    else:
        page.show(words("none_found"))
    if unread:
        page.show("", words("unread", count=unread))


def tell_card(view: "DatasetView", track: TrackRecord, page: Page, words: Words, *, measured: bool) -> None:
    """Print everything that a listing says and, where a record was given, what the dataset did in tasks."""
    listing = view.listing
    if listing is None:
        return
    place = {"dataset": view.number, "name": listing.name, "version": view.version}
    page.title(printable(words("card_title" if view.number else "card_title_stored", **place)))
    page.show(*[printable(line) for line in listing.description.split("\n")], "")
    page.show(_facts(view, listing, words), "", view.blob)
    page.title(words("uses_title"))
    page.show(*_uses(listing, words))
    page.title(words("provenance_title"))
    page.show(_provenance(listing, words))
    page.title(words("columns_title"))
    page.show(*_columns(listing, words))
    if listing.statistics is not None:
        page.title(words("statistics_title"))
        page.show(*_statistics(listing, words))
    page.title(words("track_title"))
    page.show(*(_track(track, words) if measured else [words("track_unknown")]))


def cards_json(found: "list[Found]") -> str:
    """Return a list of datasets as text, each as `card_json` writes it."""
    return json.dumps([_card(view, track) for view, track in found], indent=2, ensure_ascii=False)


def card_json(view: "DatasetView", track: TrackRecord) -> str:
    """Return one dataset as text: prices and what it was owed in base units, its listing as it is hashed."""
    return json.dumps(_card(view, track), indent=2, ensure_ascii=False)


def _card(view: "DatasetView", track: TrackRecord) -> dict[str, Any]:
    from fedmarket.domain.listing_document import write_listing

    missed, rounds = track.missed
    return {
        "dataset": view.number or None,
        "owner": view.owner,
        "version": view.version,
        "retired": view.retired,
        "blob": view.blob,
        "listing": json.loads(write_listing(view.listing))["listing"] if view.listing else None,
        "track": {
            "tasks_paid": track.paid,
            "owed": str(track.owed),
            "rounds": rounds,
            "rounds_missed": missed,
            "against_equal": None if track.against_equal is None else float(track.against_equal),
            "tasks": [
                {
                    "task": line.task,
                    "status": line.status.name,
                    "blob": line.blob,
                    "providers": line.providers,
                    "rounds": line.rounds,
                    "delivered": line.delivered,
                    "owed": str(line.owed),
                    "against_equal": None if line.against_equal is None else float(line.against_equal),
                }
                for line in track.tasks
            ],
        },
    }


def _line(view: "DatasetView", listing: Listing, track: TrackRecord) -> list[str]:
    prices = (listing.use(kind) for kind in (UseKind.TRAIN, UseKind.COPY))
    shown = ["" if use is None else tokens(use.price) for use in prices]
    number = str(view.number) if view.number else view.blob[7:15]
    return [number, _cut(printable(listing.name)), f"{listing.table.rows:,}", *shown, str(track.paid or "")]


def _cut(name: str) -> str:
    """Return a name that takes WIDEST_NAME cells of a terminal at most."""
    if cell_len(name) <= WIDEST_NAME:
        return name
    return set_cell_size(name, WIDEST_NAME - 1).rstrip() + "…"


def _facts(view: "DatasetView", listing: Listing, words: Words) -> Table:
    table, licence = listing.table, listing.licence
    text = "" if licence.text_hash is None else f" (sha256:{licence.text_hash.hex()})"
    target = words(f"predicts_{table.task_type}", column=table.target)
    rows = {
        "state": words("state_retired" if view.retired else "state_offered" if view.number else "state_stored"),
        "owner": view.owner,
        "publisher": listing.publisher,
        "published": listing.published,
        "licence": licence.identifier + text,
        "rows": words("rows_of", rows=f"{table.rows:,}", columns=len(table.columns), size=f"{table.size:,}"),
        "predicts": target,
        "keywords": ", ".join(listing.keywords),
    }
    return _grid(rows, words)


def _uses(listing: Listing, words: Words) -> list[RenderableType]:
    table = plain_table(words("use"), words("price"), words("until"), words("named"), right=0)
    for use in listing.uses:
        named = words("yes") if use.attribution else ""
        table.add_row(words(f"use_{use.kind}"), tokens(use.price), use.until or "", named)
    lines: list[RenderableType] = [table]
    if listing.chunks is not None:
        chunks = {"count": f"{listing.chunks.count:,}", "root": "0x" + listing.chunks.root.hex()}
        lines += ["", words("chunks", **chunks)]
    return lines


def _provenance(listing: Listing, words: Words) -> Table:
    said = listing.provenance
    rows = {
        "lawful_source": said.lawful_source,
        "authorisation": " → ".join(said.authorisation),
        "classification": words(f"class_{said.classification}"),
        "personal": f"{words(f'personal_{said.personal_information}')} {said.personal_statement}",
        "reviewed": "; ".join(f"{column}: {reason}" for column, reason in said.reviewed),
        "use_case": said.use_case,
        "delivery": words(f"delivery_{said.delivery}"),
        "billing": words(f"billing_{said.billing}"),
        "term": said.term,
        "updated": said.updated,
        "evidence": "; ".join(f"{document.title} (sha256:{document.hash.hex()})" for document in listing.evidence),
    }
    return _grid(rows, words)


def _columns(listing: Listing, words: Words) -> list[RenderableType]:
    table = plain_table(words("column"), words("holds"), words("description"), right=0)
    found = {line.column for line in listing.quality if line.column}
    known = _kinds(words)
    for column in listing.table.columns[:MOST_COLUMNS]:
        holds = known.get(column.holds, column.holds) + (" *" if column.name in found else "")
        table.add_row(Prose(printable(column.name)), printable(holds), Prose(printable(column.description)))
    more = len(listing.table.columns) - MOST_COLUMNS
    lines: list[RenderableType] = [table]
    if more > 0:
        lines.append(words("more_columns", count=more))
    if listing.quality:
        lines += ["", words("quality_note", count=len(listing.quality))]
    return lines


def _kinds(words: Words) -> dict[str, str]:
    names = ("number", "yes_no", "category", "target", "constant", "identifier", "date", "text", "empty", "unusable")
    return {name: words(f"kind_{name}") for name in names}


def _statistics(listing: Listing, words: Words) -> list[RenderableType]:
    shown = listing.statistics
    if shown is None:
        return []
    told = words("exact") if shown.epsilon is None else words("noised", epsilon=shown.epsilon)
    lines: list[RenderableType] = [told, ""]
    for moment in shown.moments:
        numbers = {"mean": moment.mean, "deviation": moment.deviation}
        lines.append(printable(words("moment", column=moment.column, **numbers)))
    for count in shown.counts:
        lines.append(printable(f"{count.column} = {count.value}: {count.rows}"))
    return lines


def _track(track: TrackRecord, words: Words) -> list[RenderableType]:
    if not track.tasks:
        return [words("track_none")]
    missed, rounds = track.missed
    against = track.against_equal
    told = {"paid": track.paid, "owed": tokens(track.owed, PLACES), "missed": missed, "rounds": rounds}
    summary = words("track_sum", **told)
    if against is not None:
        summary += words("gap") + words("track_against", against=_ratio(against))
    names = ("task", "state", "providers", "missed", "owed", "against")
    table = plain_table(*(words(name) for name in names), right=4)
    for line in track.tasks:
        table.add_row(
            str(line.task),
            words.of("task")(f"status_{line.status.name.lower()}"),
            str(line.providers),
            "?" if line.missed is None else f"{line.missed} / {line.rounds}",
            tokens(line.owed, PLACES),
            "" if line.against_equal is None else _ratio(line.against_equal),
        )
    return [summary, "", table, "", words("track_note")]


def _ratio(value: Fraction) -> str:
    return f"{float(value):.2f}"


def _grid(rows: dict[str, str], words: Words) -> Table:
    table = Table.grid(padding=(0, 2, 0, 0))
    for name, text in rows.items():
        if text:
            table.add_row(words(f"row_{name}"), Prose(printable(" ".join(text.split()))))
    return table
