"""`fedmarket dataset`: a file looked at before it is offered, and the listing that offers it."""

import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fedmarket.cli.dataset_chain import add_deploy_catalogue, add_retire, catalogue_of, secret_of
from fedmarket.cli.dataset_reading import add_search, add_show
from fedmarket.cli.help import HelpfulCommand
from fedmarket.cli.language import FLAG, Words
from fedmarket.cli.settings import Settings, names_chain, settle
from fedmarket.domain.errors import UsageError

if TYPE_CHECKING:
    from fedmarket.chain.catalogue import RpcCatalogue
    from fedmarket.domain.listing import Listing
    from fedmarket.store.folder import FolderStore

AREA = "dataset"
UNUSABLE = 2


def add_dataset(group: typer.Typer, words: Words, environ: Mapping[str, str]) -> None:
    """Give the group `dataset` its commands, with their help in the words' language."""
    own = words.of(AREA)
    _add_check(group, words, own)
    _add_draft(group, words, own)
    _add_publish(group, words, own, environ)
    add_retire(group, words, own, environ)
    add_search(group, words, own, environ)
    add_show(group, words, own, environ)
    add_deploy_catalogue(group, words, own, environ)


def _add_check(group: typer.Typer, words: Words, own: Words) -> None:

    @group.command("check", cls=HelpfulCommand, help=own("check_help"), epilog=own("examples_check"))
    def check(
        data_file: Annotated[Path, typer.Argument(metavar="FILE")],
        target: Annotated[str, typer.Option(metavar="COLUMN", help=own("opt_target"))],
        without: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help=own("opt_without"))] = None,
        encoding: Annotated[str | None, typer.Option(metavar="NAME", help=own("opt_encoding"))] = None,
        as_json: Annotated[bool, typer.Option("--json", help=words("opt_json"))] = False,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Print what was found; exit with 2 where the file is unusable as it is."""
        from fedmarket.cli.page import Page
        from fedmarket.cli.render_check import check_json, tell_check
        from fedmarket.learning.file_check import check_file

        found = check_file(data_file, target, encoding, tuple(without or ()))
        if as_json:
            typer.echo(check_json(found))
        else:
            tell_check(found, Page(sys.stdout), own)
        if not found.usable:
            raise typer.Exit(UNUSABLE)


def _add_draft(group: typer.Typer, words: Words, own: Words) -> None:
    @group.command("draft", cls=HelpfulCommand, help=own("draft_help"), epilog=own("examples_draft"))
    def draft(
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Print a file of words about data that only needs to be changed."""
        text = files("fedmarket.cli").joinpath(f"about_{words.lang}.toml").read_text(encoding="utf-8")
        typer.echo(text, nl=False)


def _add_publish(group: typer.Typer, words: Words, own: Words, environ: Mapping[str, str]) -> None:
    @group.command("publish", cls=HelpfulCommand, help=own("publish_help"), epilog=own("examples_publish"))
    def publish(
        data_file: Annotated[Path, typer.Argument(metavar="FILE")],
        target: Annotated[str, typer.Option(metavar="COLUMN", help=own("opt_target"))],
        about: Annotated[Path, typer.Option(metavar="FILE", help=own("opt_about"))],
        store: Annotated[Path, typer.Option(metavar="DIR", help=own("opt_store"))],
        account: Annotated[str | None, typer.Option(metavar="NAME|FILE", help=own("opt_key"))] = None,
        without: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help=own("opt_without"))] = None,
        encoding: Annotated[str | None, typer.Option(metavar="NAME", help=own("opt_encoding"))] = None,
        revise: Annotated[int | None, typer.Option(metavar="N", min=1, help=own("opt_revise"))] = None,
        rpc_url: Annotated[str | None, typer.Option(metavar="URL", help=own("opt_rpc_url"))] = None,
        catalogue: Annotated[Path | None, typer.Option(metavar="FILE", help=own("opt_catalogue"))] = None,
        passphrase_file: Annotated[Path | None, typer.Option(metavar="FILE", help=words("opt_passphrase_file"))] = None,
        profile: Annotated[str | None, typer.Option(metavar="NAME", help=words("opt_profile"))] = None,
        as_json: Annotated[bool, typer.Option("--json", help=words("opt_json"))] = False,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Check the file, make its listing, and keep it."""
        from fedmarket.domain.accounts import address_of
        from fedmarket.domain.listing_document import write_listing
        from fedmarket.embedded.about_file import read_about
        from fedmarket.embedded.listing_build import build_listing
        from fedmarket.learning.file_check import check_file
        from fedmarket.record.datasets import SLOT
        from fedmarket.store.folder import FolderStore

        settings = settle(environ, {"rpc": rpc_url, "account": account}, profile)
        said = read_about(about)
        found = check_file(data_file, target, encoding, tuple(without or ()))
        secret = secret_of(settings, environ, passphrase_file, words)
        kept = FolderStore(store)
        chain = _chain(settings, environ, catalogue, revise, on_chain=names_chain(environ, rpc_url, profile))
        place = _Place(chain, kept, address_of(secret), revise)
        listing = build_listing(found, said, secret, datetime.now(UTC).date(), version=place.version)
        place.refuse_duplicate(listing)
        data = write_listing(listing)
        blob = kept.put(data) if chain else kept.put_entry(SLOT, data)
        entered = place.enter(secret, listing, blob)
        if as_json:
            typer.echo(data.decode())
            return
        _tell(listing, {"blob": blob, "size": f"{len(data):,}", "store": store}, own)
        typer.echo(own("published_on_chain", **entered) if entered else own("published_nowhere"))


def _chain(
    settings: Settings, environ: Mapping[str, str], catalogue: Path | None, revise: int | None, *, on_chain: bool
) -> "RpcCatalogue | None":
    """Return the catalogue to publish in, or None where no chain is named: the store alone has it then."""
    if on_chain or catalogue is not None:
        return catalogue_of(settings, environ, catalogue)
    if revise is not None:
        raise UsageError("profile.needs_rpc")
    return None


class _Place:
    """Where a listing goes: a catalogue as it is now, for one owner, or only a store."""

    def __init__(self, chain: "RpcCatalogue | None", store: "FolderStore", owner: str, revise: int | None) -> None:
        """Read the catalogue; raises UsageError for a number that is not there to be revised, ChainError."""
        from fedmarket.record.datasets import dataset, listed

        self._chain = chain
        self._revise = revise
        views = listed(chain, store) if chain else []
        self._own = [view for view in views if view.owner == owner and not view.retired and view.number != revise]
        self.version = 1 if revise is None else dataset(views, revise).version + 1

    def refuse_duplicate(self, listing: "Listing") -> None:
        """Raise ListingError where the owner offers the same data already, as another dataset."""
        from fedmarket.domain.plain_text import ListingError

        for view in self._own:
            if view.listing is not None and view.listing.table.commitment == listing.table.commitment:
                raise ListingError("listing.duplicate", dataset=view.number)

    def enter(self, secret: bytes, listing: "Listing", blob: str) -> dict[str, object]:
        """Commit the listing's hash on chain and return what to tell of it; nothing without a chain."""
        from fedmarket.domain.canonical import id_hash
        from fedmarket.domain.catalogue import Offered

        if self._chain is None:
            return {}
        offered = Offered.of(listing, id_hash(blob))
        if self._revise is None:
            receipt = self._chain.call(secret, "publish", *offered.arguments)
            number = self._chain.dataset_of(listing.owner, offered.listing)
        else:
            receipt = self._chain.call(secret, "revise", self._revise, self.version, *offered.arguments)
            number = self._revise
        gas = f"{receipt.gas_used:,}"
        return {"dataset": number, "version": self.version, "gas": gas, "transaction": receipt.transaction}


def _tell(listing: "Listing", kept: Mapping[str, object], words: Words) -> None:
    """Print where a listing is kept, and what of it its owner should look at twice."""
    typer.echo(words("published_stored", name=listing.name, owner=listing.owner, **kept))
    if listing.provenance.reviewed:
        columns = ", ".join(column for column, _ in listing.provenance.reviewed)
        typer.echo(words("published_personal", columns=columns))
    shown = listing.statistics
    if shown is None:
        typer.echo(words("published_statistics_none"))
        return
    named = [line.column for line in shown.moments] + [line.column for line in shown.counts]
    columns = ", ".join(dict.fromkeys(named))
    typer.echo(words("published_statistics", columns=columns, epsilon=shown.epsilon or words("epsilon_none")))
