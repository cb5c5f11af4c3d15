"""`fedmarket try`: what one's own table would earn, divided among sites, in a market that runs in this process."""

import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Annotated

import typer

from fedmarket.cli.help import HelpfulCommand
from fedmarket.cli.language import FLAG, Words
from fedmarket.cli.programs import RunTrial
from fedmarket.cli.progress import Progress
from fedmarket.domain.errors import UsageError
from fedmarket.embedded.report import RoundLine

if TYPE_CHECKING:
    from fedmarket.embedded.trial import TrialResult
    from fedmarket.embedded.trial_data import Choice, TrialData

AREA = "try"
SITES = 4
HOLDOUT = 0.2
BUDGET = 1000
MOST_BUDGET = 10**12
REFUSE = "refuse"


def add_try(app: typer.Typer, words: Words, run_trial: RunTrial) -> None:
    """Give `app` the command, with its help in the words' language."""
    own = words.of(AREA)

    @app.command("try", cls=HelpfulCommand, help=own("help"), epilog=own("examples"))
    def try_file(
        data_file: Annotated[Path, typer.Argument(metavar="FILE")],
        target: Annotated[str, typer.Option(metavar="COLUMN", help=own("opt_target"))],
        by: Annotated[str | None, typer.Option(metavar="COLUMN", help=own("opt_by"))] = None,
        sites: Annotated[int | None, typer.Option(metavar="K", help=own("opt_sites", default=SITES))] = None,
        validation: Annotated[Path | None, typer.Option(metavar="FILE", help=own("opt_validation"))] = None,
        holdout: Annotated[
            float | None, typer.Option(metavar="SHARE", help=own("opt_holdout", default=HOLDOUT))
        ] = None,
        missing: Annotated[str, typer.Option(metavar="refuse|fill|drop", help=own("opt_missing"))] = REFUSE,
        without: Annotated[list[str] | None, typer.Option(metavar="COLUMN", help=own("opt_without"))] = None,
        encoding: Annotated[str | None, typer.Option(metavar="NAME", help=own("opt_encoding"))] = None,
        budget: Annotated[
            int, typer.Option(min=1, max=MOST_BUDGET, metavar="N", help=own("opt_budget", default=BUDGET))
        ] = BUDGET,
        seed: Annotated[int, typer.Option(min=0, max=2**63 - 1, metavar="N", help=own("opt_seed"))] = 0,
        as_json: Annotated[bool, typer.Option("--json", help=words("opt_json"))] = False,
        out: Annotated[Path | None, typer.Option(metavar="DIR", help=own("opt_out"))] = None,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        """Run the trial and print it as words or as JSON; exit with 1 where its audit fails."""
        from fedmarket.cli.render_audit import OK, upshot
        from fedmarket.embedded.trial_data import Choice

        _one_of("--by", by, "--sites", sites)
        _one_of("--validation", validation, "--holdout", holdout)
        choice = Choice(
            file=data_file,
            target=target,
            by=by,
            sites=SITES if sites is None else sites,
            validation=validation,
            holdout=HOLDOUT if holdout is None else holdout,
            empty_cells=missing,
            without=tuple(without or ()),
            encoding=encoding,
            seed=seed,
        )
        folder = out or Path(mkdtemp(prefix="fedmarket-try-"))
        play = _Play(choice, budget, folder, own, run_trial, keep_keys=out is not None)
        result = play.as_json() if as_json else play.in_words()
        if upshot(result.checks) != OK:
            raise typer.Exit(1)


@dataclass(frozen=True)
class _Play:
    """One run: what to try, where its record goes, and whether its keys are kept."""

    choice: "Choice"
    budget: int
    folder: Path
    words: Words
    run_trial: RunTrial
    keep_keys: bool

    def as_json(self) -> "TrialResult":
        """Run it and print one JSON object."""
        from fedmarket.cli.trial_json import trial_json

        result = self.run_trial(
            self.choice,
            self.budget,
            self.folder,
            on_data=lambda data: None,
            on_round=lambda line: None,
            on_stage=lambda stage, facts: None,
        )
        self._keep(result)
        typer.echo(trial_json(result))
        return result

    def in_words(self) -> "TrialResult":
        """Run it and print how the table was read, a line a round, then the rest."""
        from fedmarket.cli.page import Page
        from fedmarket.cli.render_trial import TrialRounds, tell, tell_data

        page, progress = Page(sys.stdout), Progress(sys.stderr)
        rounds = TrialRounds(page, self.words)

        def on_data(data: "TrialData") -> None:
            progress.clear()
            tell_data(self.choice, data, self.budget, page, self.words)

        def on_round(line: RoundLine) -> None:
            progress.clear()
            rounds.show(line)
            progress.show(self.words("round_committed", number=line.number))

        def on_stage(stage: str, facts: dict[str, object]) -> None:
            progress.show(self.words(f"stage_{stage}"))

        try:
            result = self.run_trial(
                self.choice, self.budget, self.folder, on_data=on_data, on_round=on_round, on_stage=on_stage
            )
        finally:
            progress.clear()
        tell(result, self._keep(result), page, self.words)
        return result

    def _keep(self, result: "TrialResult") -> Path | None:
        """Write the keys where they are to be kept, and return that of the first evaluator."""
        from fedmarket.cli.run_keys import EVALUATOR, keep_keys

        return keep_keys(result.folder, result.keys)[EVALUATOR] if self.keep_keys else None


def _one_of(first: str, given: object, second: str, other: object) -> None:
    if given is not None and other is not None:
        raise UsageError("try.one_of", first=first, second=second)
