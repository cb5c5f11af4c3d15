"""Help pages: wrapped by the width of characters, so that Chinese fits too, and made without loading rich's tables."""

from collections.abc import Iterator
from shutil import get_terminal_size
from typing import Any

from rich.cells import cell_len
from typer.core import TyperCommand, TyperGroup

from fedmarket.cli.language import Words
from fedmarket.cli.wrapping import wrap

INDENT = "  "
WIDEST = 100
NARROWEST = 40


class HelpfulCommand(TyperCommand):
    """A command whose help page is ours."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page; click calls this for --help."""
        formatter.write("\n".join(help_page(self, ctx.command_path, ctx.obj, _width())))


class HelpfulGroup(TyperGroup):
    """A group of commands whose help page is ours."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help page; click calls this for --help."""
        formatter.write("\n".join(help_page(self, ctx.command_path, ctx.obj, _width())))


def _width() -> int:
    return max(NARROWEST, min(get_terminal_size().columns, WIDEST))


def help_page(command: Any, path: str, words: Words, width: int) -> Iterator[str]:
    """Yield the lines of a command's help page; `path` is how it is called, such as "fedmarket demo"."""
    ctx = command.make_context(path, [], resilient_parsing=True)
    yield words("help_usage", usage=" ".join((path, *_pieces(command.collect_usage_pieces(ctx), words))))
    for paragraph in command.help.split("\n\n"):
        yield from ("", *wrap(paragraph, width))
    params = [param for param in command.get_params(ctx) if not getattr(param, "hidden", False)]
    arguments = [(param.metavar, words(f"arg_{param.name}")) for param in params if param.param_type_name == "argument"]
    options = [(_option(param), _option_help(param, words)) for param in params if param.param_type_name == "option"]
    commands = [(name, child.help.partition("\n")[0]) for name, child in getattr(command, "commands", {}).items()]
    for heading, rows in (("commands", commands), ("arguments", arguments), ("options", options)):
        yield from _section(words(f"help_{heading}"), rows, width)
    yield from ("", words("help_examples"), *(INDENT + line for line in command.epilog.splitlines()))


def _pieces(pieces: list[str], words: Words) -> Iterator[str]:
    ours = {"[OPTIONS]": "options", "COMMAND [ARGS]...": "command", "[COMMAND] [ARGS]...": "command"}
    for piece in pieces:
        yield words(f"help_piece_{ours[piece]}") if piece in ours else piece


def _section(heading: str, rows: list[tuple[str, str]], width: int) -> Iterator[str]:
    if not rows:
        return
    yield from ("", heading)
    column = max(cell_len(name) for name, _ in rows) + 2 * len(INDENT)
    for name, text in rows:
        first, *more = wrap(text, width - column)
        yield f"{INDENT}{name}".ljust(column) + first
        yield from (" " * column + line for line in more)


def _option(param: Any) -> str:
    return param.opts[0] if param.is_flag else f"{param.opts[0]} {param.metavar}"


def _option_help(param: Any, words: Words) -> str:
    return words("help_help") if "--help" in param.opts else param.help
