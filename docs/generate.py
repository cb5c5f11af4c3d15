"""Writes what documents show from where it is true: `make docs`. Tests compare it with what is committed."""

import io
import shutil
import tempfile
from contextlib import redirect_stdout
from pathlib import Path

from fedmarket.cli.app import run
from fedmarket.domain.lifecycle import FINAL, VERBS, Status

HERE = Path(__file__).parent


def lifecycle() -> str:
    """Return the life-cycle page: the table of verbs, and its diagram."""
    rows = [
        f"| `{v.name}` | {v.caller} | {_names(v.within)} | {_names(v.leads_to)} | {v.when} |" for v in VERBS.values()
    ]
    edges = sorted(
        {(s, t, v.name) for v in VERBS.values() for s in v.within for t in v.leads_to if s != t and s not in FINAL}
    )
    arrows = [f"    {'[*]' if s is Status.NONE else s.name} --> {t.name}: {name}" for s, t, name in edges]
    return "\n".join(
        [
            "# The life of a task",
            "",
            "Generated from `src/fedmarket/domain/lifecycle.py` by `make docs`.",
            "",
            "A verb is allowed at `<=` its deadline, its opposite at `>`. Windows are counted from the block that",
            "opened them.",
            "",
            "| verb | who | in | leads to | when |",
            "|---|---|---|---|---|",
            *rows,
            "",
            "```text",
            "stateDiagram-v2",
            *arrows,
            "```",
            "",
        ]
    )


def _names(states: frozenset[Status]) -> str:
    return ", ".join(state.name for state in sorted(states)) or "-"


def main() -> None:
    """Write the reference pages and the README's picture."""
    (HERE / "reference" / "lifecycle.md").write_text(lifecycle(), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "record"
        for lang, name in (("en", "demo.svg"), ("zh", "demo.zh-CN.svg")):
            with redirect_stdout(io.StringIO()):
                code = run(["demo", "--lang", lang, "--out", str(record)], {})
            if code != 0:
                raise SystemExit("the demo failed")
            shutil.copy(record / "figure.svg", HERE / "figures" / name)


if __name__ == "__main__":
    main()
