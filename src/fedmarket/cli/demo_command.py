"""`fedmarket demo`: one paid federated task, end to end, on real data."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from fedmarket.cli.help import HelpfulCommand
from fedmarket.cli.language import FLAG, Words
from fedmarket.cli.programs import Demo, RunDemo
from fedmarket.cli.progress import Progress
from fedmarket.domain.errors import UsageError
from fedmarket.embedded.report import RoundLine

SEED = 1


def add_demo(app: typer.Typer, words: Words, run_demo: RunDemo) -> None:
    """Give `app` the command, with its help in the words' language."""

    @app.command("demo", cls=HelpfulCommand, help=words("demo_help"), epilog=words("examples_demo"))
    def demo(
        seed: Annotated[int, typer.Option(min=0, metavar="N", help=words("opt_seed", default=SEED))] = SEED,
        as_json: Annotated[bool, typer.Option("--json", help=words("opt_json"))] = False,
        out: Annotated[Path | None, typer.Option(metavar="DIR", help=words("opt_out"))] = None,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Run the demo and print it as words or as JSON."""
        if out is not None:
            _make_empty(out)
        result = _run_as_json(seed, out, words, run_demo) if as_json else _run_in_words(seed, out, words, run_demo)
        from fedmarket.cli.render_audit import OK, upshot

        if upshot(result.checks) != OK:
            raise typer.Exit(1)


def _make_empty(folder: Path) -> None:
    """Make `folder`, before anything runs that would have to be thrown away; raises UsageError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        occupied = any(folder.iterdir())
    except FileExistsError as error:
        raise UsageError("cli.out_is_file", path=folder) from error
    except OSError as error:
        raise UsageError("record.unwritable", path=folder, detail=error.strerror) from error
    if occupied:
        raise UsageError("cli.out_not_empty", path=folder)


def _run_as_json(seed: int, out: Path | None, words: Words, run_demo: RunDemo) -> Demo:
    from fedmarket.cli.json_output import demo_json

    progress = Progress(sys.stderr)
    result = run_demo(
        seed,
        out,
        on_round=lambda line: progress.show(words("training_round", number=line.number + 1)),
        on_stage=lambda stage, facts: progress.show(_stage(stage, words)),
    )
    progress.clear()
    print(demo_json(result))
    return result


def _run_in_words(seed: int, out: Path | None, words: Words, run_demo: RunDemo) -> Demo:
    from fedmarket.cli.page import Page
    from fedmarket.cli.render import tell
    from fedmarket.cli.render_rounds import RoundLines

    progress, page = Progress(sys.stderr), Page(sys.stdout)
    page.show(words("intro"))
    rounds = RoundLines(page, words)

    def on_round(line: RoundLine) -> None:
        progress.clear()
        rounds.show(line)
        progress.show(words("training_round", number=line.number + 1))

    result = run_demo(seed, out, on_round=on_round, on_stage=lambda stage, facts: progress.show(_stage(stage, words)))
    progress.clear()
    tell(result, out, page, words)
    return result


def _stage(stage: str, words: Words) -> str:
    try:
        return words(f"stage_{stage}")
    except KeyError:
        return ""
