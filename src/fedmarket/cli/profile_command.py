"""`fedmarket profile show`: what is in force, and where it comes from."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any

import typer

from fedmarket.cli.help import HelpfulCommand
from fedmarket.cli.language import FLAG, Words
from fedmarket.cli.settings import NOWHERE, Setting, Settings, settle


def add_profile_show(group: typer.Typer, words: Words, environ: Mapping[str, str]) -> None:
    """Give the group `profile` the command, with its help in the words' language."""

    @group.command("show", cls=HelpfulCommand, help=words("profile_show_help"), epilog=words("examples_profile_show"))
    def show(
        profile: Annotated[str | None, typer.Option(metavar="NAME", help=words("opt_profile"))] = None,
        rpc_url: Annotated[str | None, typer.Option(metavar="URL", help=words("opt_rpc_url"))] = None,
        account: Annotated[str | None, typer.Option(metavar="NAME|FILE", help=words("opt_account"))] = None,
        deployment: Annotated[str | None, typer.Option(metavar="FILE", help=words("opt_deployment"))] = None,
        as_json: Annotated[bool, typer.Option("--json", help=words("opt_audit_json"))] = False,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Print a line a setting: its value and its source."""
        settings = settle(environ, {"rpc": rpc_url, "account": account, "deployment": deployment}, profile)
        if settings.language.value != lang:
            settings = replace(settings, language=Setting(lang, FLAG))
        if as_json:
            typer.echo(json.dumps(_document(settings), ensure_ascii=False))
        else:
            _print(settings, words)


def _document(settings: Settings) -> dict[str, Any]:
    found = {name: {"value": _plain(name, line), "from": line.source} for name, line in settings.by_name().items()}
    return {"file": str(settings.file) if settings.file else None, "profile": settings.profile, "settings": found}


def _print(settings: Settings, words: Words) -> None:
    from fedmarket.cli.page import Page, Prose, plain_table, printable

    page = Page(sys.stdout)
    table = plain_table(words("setting"), words("value"), words("comes_from"), right=0)
    for name, line in settings.by_name().items():
        value = _plain(name, line)
        told = words("setting_unset") if value is None else ", ".join(value) if isinstance(value, list) else value
        source = words("source_default") if line.source == NOWHERE else line.source
        table.add_row(name, Prose(printable(told)), Prose(printable(source)))
    page.show(table)
    if settings.file is None:
        page.show("", words("profile_no_file"))


def _plain(name: str, line: Setting) -> Any:
    """Return a value as it may be shown: endpoints and stores without their access keys."""
    from fedmarket.chain.shown import shown

    if name == "stores" and line.value is not None:
        return [shown(store) if "://" in store else store for store in line.value]
    if name == "rpc" and line.value is not None:
        return shown(line.value)
    return None if line.value is None else str(line.value)
