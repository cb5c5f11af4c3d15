"""A full audit with an evaluator's key against the training of the task that it audits."""

from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.command import run
from benchmarks.large_task import PROVIDERS, VALIDATION_ROWS, large_task
from benchmarks.result import Found, Size, Table, Verdict
from benchmarks.timing import timed
from fedmarket.audit.run import PASS, audit_export

BOUND = 0.25


def measure(size: Size, seed: int) -> Found:
    """Run a task of 160 thousand parameters, export it, and audit the export; times of the same process."""
    rounds, steps = (10, 50) if size is Size.FULL else (1, 5)
    with TemporaryDirectory() as name:
        folder = Path(name)
        task = large_task("160k", seed, rounds=rounds, steps=steps, folder=folder)
        whole, done = timed(task.plan.run)
        done.market.export(folder)
        secret = done.evaluators[0].secret
        seconds, checks = timed(lambda: audit_export(folder, done.number, secret))
    failed = [check.name for check in checks if check.status != PASS]
    if failed:
        raise RuntimeError(f"the audit did not pass: {failed}")
    training = task.watch.seconds
    rows = (("training", training), ("audit", seconds), ("whole_task", whole))
    return Found(
        tables=(Table("times", ("what", "seconds"), rows),),
        verdicts=(Verdict("of_training", BOUND, seconds / training),),
        facts={
            "parameters": 160_000,
            "providers": PROVIDERS,
            "rounds": rounds,
            "steps": steps,
            "validation_rows": VALIDATION_ROWS,
            "checks": len(checks),
        },
    )


if __name__ == "__main__":
    run("audit_time", measure)
