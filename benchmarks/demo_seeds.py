"""The demo's story over twenty seeds: quality, who is owed what, and how many hospitals the federated model beats."""

from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory

from benchmarks.command import run
from benchmarks.result import Cell, Found, Size, Table
from fedmarket.audit.run import PASS
from fedmarket.chain.simulated import SimulatedChain
from fedmarket.embedded.demo import DemoResult, run_demo
from fedmarket.embedded.report import Quality

GENESIS = 1_800_000_000
TOKEN = 10**18


def measure(size: Size, seed: int) -> Found:
    """Play the demo's task from twenty seeds on the simulated chain, which pays as the contract does."""
    seeds = range(seed, seed + (20 if size is Size.FULL else 2))
    results = [_play(each) for each in seeds]
    failed = [
        number for number, result in zip(seeds, results, strict=True) if any(c.status != PASS for c in result.checks)
    ]
    if failed:
        raise RuntimeError(f"the audit did not pass for seeds {failed}")
    return Found(
        tables=(
            Table("quality", ("model", *_columns("accuracy"), *_columns("loss")), tuple(_quality(results))),
            Table("owed", ("provider", *_columns("tokens")), tuple(_owed(results))),
            Table("beaten", ("hospitals", "by_loss", "by_accuracy"), tuple(_beaten(results))),
            Table("effect", ("figure", *_columns("value")), tuple(_effect(results))),
        ),
        facts={"seeds": len(seeds)},
    )


def _columns(figure: str) -> tuple[str, str, str, str]:
    return (f"{figure}_mean", f"{figure}_sd", f"{figure}_least", f"{figure}_most")


def _play(seed: int) -> DemoResult:
    with TemporaryDirectory() as folder:
        return run_demo(seed, Path(folder) / "record", chain=SimulatedChain(genesis_time=GENESIS))


def _spread(values: Sequence[float]) -> tuple[float, float, float, float]:
    return mean(values), stdev(values), min(values), max(values)


def _quality(results: Sequence[DemoResult]) -> list[tuple[Cell, ...]]:
    rows: list[tuple[Cell, ...]] = []
    for name, pick in _models(results[0]).items():
        found = [pick(result) for result in results]
        rows.append((name, *_spread([_accuracy(q) for q in found]), *_spread([q.loss for q in found])))
    return rows


def _models(result: DemoResult) -> dict[str, Callable[[DemoResult], Quality]]:
    """Return how to find each model's quality in a result: federated, pooled, each hospital alone by name."""
    models: dict[str, Callable[[DemoResult], Quality]] = {
        "federated": lambda each: each.comparison.federated,
        "pooled": lambda each: each.comparison.pooled,
    }
    for name in [result.report.names[account] for account in result.comparison.alone]:
        models[name] = lambda each, name=name: _alone(each)[name]  # type: ignore[misc]
    return models


def _alone(result: DemoResult) -> dict[str, Quality]:
    return {result.report.names[account]: quality for account, quality in result.comparison.alone.items()}


def _owed(results: Sequence[DemoResult]) -> list[tuple[Cell, ...]]:
    owed = [{line.name: line.owed / TOKEN for line in result.report.providers} for result in results]
    return [(name, *_spread([each[name] for each in owed])) for name in owed[0]]


def _beaten(results: Sequence[DemoResult]) -> list[tuple[Cell, ...]]:
    """Return in how many seeds the federated model beats so many hospitals alone."""
    by_loss = [_count(result, lambda own, shared: shared.loss < own.loss) for result in results]
    by_accuracy = [_count(result, lambda own, shared: _accuracy(shared) > _accuracy(own)) for result in results]
    most = len(results[0].comparison.alone)
    return [(count, by_loss.count(count), by_accuracy.count(count)) for count in range(most, -1, -1)]


def _accuracy(quality: Quality) -> float:
    return quality.figures["accuracy"]


def _count(result: DemoResult, beats: Callable[[Quality, Quality], bool]) -> int:
    shared = result.comparison.federated
    return sum(beats(own, shared) for own in result.comparison.alone.values())


def _effect(results: Sequence[DemoResult]) -> list[tuple[Cell, ...]]:
    reports = [result.report for result in results]
    return [
        ("final_skill", *_spread([report.skill_final_ppb / 1e9 for report in reports])),
        ("released_tokens", *_spread([report.released / TOKEN for report in reports])),
        ("refunded_tokens", *_spread([report.refund / TOKEN for report in reports])),
    ]


if __name__ == "__main__":
    run("demo_seeds", measure)
