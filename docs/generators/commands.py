"""The command line's reference: every command's own help page, in one language."""

from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from fedmarket.cli.app import build
from fedmarket.cli.help import help_page
from fedmarket.cli.language import Words
from fedmarket.cli.programs import PROGRAMS

WIDTH = 96
TITLES = {"en": "# The commands", "zh": "# 命令"}
NOTES = {
    "en": "Generated from the commands' own `--help` by `make docs`.",
    "zh": "由 `make docs` 根据各命令自身的 `--help` 生成。",
}


def page(lang: str) -> str:
    """Return the page in `lang` ("en" or "zh") as Markdown."""
    words = Words(lang)
    root: Any = get_command(build(words, PROGRAMS, {}))
    lines = [TITLES[lang], "", NOTES[lang]]
    for path, command in _commands("fedmarket", root):
        lines += ["", f"## `{path}`", "", "```text", *help_page(command, path, words, WIDTH), "```"]
    return "\n".join([*lines, ""])


def _commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    yield path, command
    for name, child in getattr(command, "commands", {}).items():
        yield from _commands(f"{path} {name}", child)
