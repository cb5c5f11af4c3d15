"""The model that was paid for: its id, its file, and how it does beside pooled and lone training."""

from collections.abc import Mapping
from pathlib import Path
from statistics import fmean

from rich.table import Table

from fedmarket.cli.language import Words
from fedmarket.cli.page import plain_table, printable
from fedmarket.cli.render_rounds import figure
from fedmarket.embedded.demo_world import local_name
from fedmarket.embedded.report import Comparison, Quality, TaskReport

ACCURACY = "accuracy"


def model_lines(report: TaskReport, path: Path, words: Words) -> Table:
    """Return the model's id, where it is kept, and which round it is from."""
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_row(words("id"), report.model_id)
    table.add_row(words("model_file"), str(path))
    table.add_row(words("round"), words("best_round", best=report.best_round, rounds=len(report.rounds)))
    return table


def comparison_table(comparison: Comparison, names: Mapping[str, str], words: Words) -> Table:
    """Return the figures and the loss on the test set, of the federated, the pooled and each lone model."""
    alone = list(comparison.alone.values())
    table = plain_table("", *(words(name) for name in comparison.federated.figures), words("loss"))
    table.add_row(words("comparison_federated"), *_cells(comparison.federated), style="bold")
    table.add_row(words("comparison_pooled"), *_cells(comparison.pooled))
    if alone:
        table.add_row(words("comparison_mean"), *_cells(_mean(alone)))
    for account, quality in comparison.alone.items():
        name = printable(local_name(names.get(account, account), words.lang))
        table.add_row(words("comparison_alone", name=name), *_cells(quality))
    return table


def comparison_sentences(comparison: Comparison, words: Words) -> list[str]:
    """Return what the table shows, and no more than that."""
    federated, pooled, alone = comparison.federated, comparison.pooled, list(comparison.alone.values())
    differences = {"loss": federated.loss - pooled.loss}
    wins = {"loss": sum(federated.loss < other.loss for other in alone), "count": len(alone)}
    if ACCURACY in federated.figures:
        accuracy = federated.figures[ACCURACY]
        differences[ACCURACY] = accuracy - pooled.figures[ACCURACY]
        wins[ACCURACY] = sum(accuracy > other.figures[ACCURACY] for other in alone)
    better = differences["loss"] <= 0 <= differences.get(ACCURACY, 0)
    mark = "，" if words.lang == "zh" else ", "
    difference = mark.join(_difference(name, by, words) for name, by in differences.items())
    return [
        words("comparison_wins" if ACCURACY in wins else "comparison_wins_loss", **wins),
        words("comparison_pooled_same" if better else "comparison_pooled_worse", difference=difference),
    ]


def _difference(measure: str, by: float, words: Words) -> str:
    rounded = round(by, 3)
    name = "difference_equal" if not rounded else "difference_higher" if rounded > 0 else "difference_lower"
    return words(name, measure=words(measure), by=abs(rounded))


def _mean(qualities: list[Quality]) -> Quality:
    names = qualities[0].figures
    return Quality(
        figures={name: fmean(quality.figures[name] for quality in qualities) for name in names},
        loss=fmean(quality.loss for quality in qualities),
    )


def _cells(quality: Quality) -> tuple[str, ...]:
    return (*(figure(value) for value in quality.figures.values()), f"{quality.loss:.3f}")
