"""`fedmarket dataset search` and `show`: what is offered, and what it did before."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fedmarket.cli.dataset_chain import catalogue_of
from fedmarket.cli.help import HelpfulCommand
from fedmarket.cli.language import FLAG, Words
from fedmarket.cli.settings import names_chain, settle
from fedmarket.domain.errors import UsageError

if TYPE_CHECKING:
    from fedmarket.record.dataset_search import Found

NEWEST = "newest"


def add_search(group: typer.Typer, words: Words, own: Words, environ: Mapping[str, str]) -> None:
    """Give the group the command that looks for datasets."""

    @group.command("search", cls=HelpfulCommand, help=own("search_help"), epilog=own("examples_search"))
    def search(
        store: Annotated[Path, typer.Option(metavar="DIR", help=own("opt_store_read"))],
        text: Annotated[str, typer.Argument(metavar="WORDS")] = "",
        column: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help=own("opt_column"))] = None,
        task_type: Annotated[str | None, typer.Option(metavar="classes|number", help=own("opt_task_type"))] = None,
        licence: Annotated[str | None, typer.Option(metavar="ID", help=own("opt_licence"))] = None,
        use: Annotated[str | None, typer.Option(metavar="train|appraise|copy", help=own("opt_use"))] = None,
        price: Annotated[str | None, typer.Option(metavar="TOKENS", help=own("opt_price"))] = None,
        rows: Annotated[int, typer.Option(metavar="N", min=0, help=own("opt_rows"))] = 0,
        paid: Annotated[int, typer.Option(metavar="N", min=0, help=own("opt_paid"))] = 0,
        owner: Annotated[str | None, typer.Option(metavar="ADDRESS", help=own("opt_owner"))] = None,
        retired: Annotated[bool, typer.Option("--retired", help=own("opt_retired"))] = False,
        sort: Annotated[str, typer.Option(metavar="ORDER", help=own("opt_sort"))] = NEWEST,
        record: Annotated[Path | None, typer.Option(metavar="DIR", help=own("opt_record"))] = None,
        rpc_url: Annotated[str | None, typer.Option(metavar="URL", help=own("opt_rpc_read"))] = None,
        catalogue: Annotated[Path | None, typer.Option(metavar="FILE", help=own("opt_catalogue"))] = None,
        profile: Annotated[str | None, typer.Option(metavar="NAME", help=words("opt_profile"))] = None,
        as_json: Annotated[bool, typer.Option("--json", help=words("opt_json"))] = False,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Print a line for every dataset that matches."""
        from fedmarket.cli.page import Page
        from fedmarket.cli.render_datasets import cards_json, tell_cards
        from fedmarket.domain.listing_price import price_units
        from fedmarket.record.dataset_search import Query, check_use
        from fedmarket.record.dataset_search import search as matching

        check_use(use)
        query = Query(
            text=text,
            columns=tuple(column or ()),
            task_type=task_type,
            licence=licence,
            use=use,
            most_price=None if price is None else price_units("--price", price),
            least_rows=rows,
            least_paid=paid,
            owner=owner,
            retired=retired,
            day=datetime.now(UTC).date().isoformat(),
        )
        every = _found(environ, store, rpc_url, catalogue, profile, record)
        kept = matching(every, query, sort)
        unread = sum(1 for view, _ in every if view.listing is None)
        if as_json:
            typer.echo(cards_json(kept))
        else:
            tell_cards(kept, unread, Page(sys.stdout), own)


def add_show(group: typer.Typer, words: Words, own: Words, environ: Mapping[str, str]) -> None:
    """Give the group the command that shows one dataset's card."""

    @group.command("show", cls=HelpfulCommand, help=own("show_help"), epilog=own("examples_show"))
    def show(
        listing: Annotated[str, typer.Argument(metavar="N|sha256:...")],
        store: Annotated[Path, typer.Option(metavar="DIR", help=own("opt_store_read"))],
        record: Annotated[Path | None, typer.Option(metavar="DIR", help=own("opt_record"))] = None,
        rpc_url: Annotated[str | None, typer.Option(metavar="URL", help=own("opt_rpc_read"))] = None,
        catalogue: Annotated[Path | None, typer.Option(metavar="FILE", help=own("opt_catalogue"))] = None,
        profile: Annotated[str | None, typer.Option(metavar="NAME", help=words("opt_profile"))] = None,
        as_json: Annotated[bool, typer.Option("--json", help=words("opt_json"))] = False,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Print a dataset's card: the offer, its conditions and provenance, and what it did in tasks."""
        from fedmarket.cli.page import Page
        from fedmarket.cli.render_datasets import card_json, tell_card

        every = _found(environ, store, rpc_url, catalogue, profile, record)
        view, track = _one(every, listing)
        if view.fault is not None:
            raise view.fault
        if as_json:
            typer.echo(card_json(view, track))
        else:
            tell_card(view, track, Page(sys.stdout), own, measured=record is not None)


def _found(
    environ: Mapping[str, str],
    store: Path,
    rpc_url: str | None,
    catalogue: Path | None,
    profile: str | None,
    record: Path | None,
) -> "list[Found]":
    """Return every dataset of the catalogue, or of the store where no chain is named, with its track record."""
    from fedmarket.embedded.record_folder import open_record
    from fedmarket.record.datasets import listed, stored
    from fedmarket.record.track_record import TrackRecord, track_record
    from fedmarket.store.folder import FolderStore

    if not store.is_dir():
        raise UsageError("listing.no_store", path=store)
    settings = settle(environ, {"rpc": rpc_url}, profile)
    kept = FolderStore(store)
    if names_chain(environ, rpc_url, profile) or catalogue is not None:
        views = listed(catalogue_of(settings, environ, catalogue), kept)
    else:
        views = list(stored(kept))
    played = None if record is None else open_record(record)
    return [(view, track_record(played, view) if played else TrackRecord()) for view in views]


def _one(found: "list[Found]", name: str) -> "Found":
    """Return a dataset by its number, or by its listing's id; raises UsageError."""
    for view, track in found:
        if name in (str(view.number or ""), view.blob):
            return view, track
    known = ", ".join(str(view.number or view.blob[:15]) for view, _ in found[:20]) or "-"
    raise UsageError("listing.unknown_dataset", dataset=ascii(name[:80])[1:-1], known=known)
