"""The life-cycle page: the table of verbs, and its diagram."""

from fedmarket.domain.lifecycle import FINAL, VERBS, Status


def page() -> str:
    """Return the page as Markdown."""
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
