"""`fedmarket task show` and `fedmarket task list`: a record's tasks in sentences."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from fedmarket.cli.help import HelpfulCommand
from fedmarket.cli.language import FLAG, Words
from fedmarket.cli.programs import OpenRecord
from fedmarket.cli.task_words import AREA


def add_task(task: typer.Typer, words: Words, open_record: OpenRecord) -> None:
    """Give the group `task` its commands, with their help in the words' language."""
    own = words.of(AREA)

    @task.command("show", cls=HelpfulCommand, help=own("help_show"), epilog=own("examples_show"))
    def show(
        number: Annotated[int, typer.Argument(metavar="N", min=0)],
        record: Annotated[Path, typer.Option(metavar="DIR", help=own("opt_record"))],
        as_json: Annotated[bool, typer.Option("--json", help=words("opt_json"))] = False,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Print a task's terms as sentences, and where it stands."""
        from fedmarket.cli.page import Page
        from fedmarket.cli.render_task import tell_task
        from fedmarket.cli.task_json import task_json
        from fedmarket.record.facts import agreed_terms

        found = open_record(record)
        terms = agreed_terms(found, number)
        if as_json:
            typer.echo(task_json(found, number, terms))
        else:
            tell_task(found, number, terms, Page(sys.stdout), own)

    @task.command("list", cls=HelpfulCommand, help=own("help_list"), epilog=own("examples_list"))
    def show_all(
        record: Annotated[Path, typer.Option(metavar="DIR", help=own("opt_record"))],
        as_json: Annotated[bool, typer.Option("--json", help=words("opt_json"))] = False,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Print a line for every task."""
        from fedmarket.cli.page import Page
        from fedmarket.cli.render_task import tell_tasks
        from fedmarket.cli.task_json import tasks_json

        found = open_record(record)
        if as_json:
            typer.echo(tasks_json(found))
        else:
            tell_tasks(found, Page(sys.stdout), own)
