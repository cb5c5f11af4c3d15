"""Every refusal there is: its id, and its sentence in both languages."""

import json
from importlib.resources import files

AREAS = {
    "account": "Accounts and signatures",
    "age": "Encryption",
    "chain": "Chains",
    "constants": "Constants from providers",
    "data": "Data files",
    "deployment": "Deployments",
    "document": "Documents",
    "embedded": "Markets in one process",
    "exchange": "Files for sale",
    "keyfile": "Keys in files",
    "listing": "Listings and catalogues",
    "merkle": "Merkle trees",
    "node": "Nodes",
    "profile": "Profiles",
    "opened": "Records opened for other checkers",
    "recipe": "Recipes",
    "record": "The record",
    "round": "Committed rounds",
    "settlement": "Settlement",
    "statement": "Statements",
    "store": "Stores",
    "strategy": "Strategies",
    "tamper": "Tampering with a copy",
    "terms": "Terms",
    "update": "Updates",
    "valuation": "Valuation",
}
"""Areas of the catalogue whose sentences are refusals; the contract's are on the contract's page."""
PROMPTS = {"keyfile.prompt", "keyfile.prompt_new", "keyfile.prompt_again"}


def page() -> str:
    """Return the page as Markdown."""
    lines = [
        "# Refusals",
        "",
        "Generated from the catalogues in `src/fedmarket/domain/messages/` by `make docs`. Words in braces are filled",
        "in.",
        "",
        "A refusal is one sentence on standard error and an exit code: 1 an audit found something wrong, 2 the command",
        "or a file cannot be used as it is, 3 a rule of the market says no, 4 something that must answer did not.",
    ]
    for area, title in AREAS.items():
        english, chinese = catalogue(area, "en"), catalogue(area, "zh")
        lines += ["", f"## {title}", "", "| id | what it says | 中文 |", "|---|---|---|"]
        names = [name for name in english if f"{area}.{name}" not in PROMPTS]
        lines += [f"| `{area}.{name}` | {cell(english[name])} | {cell(chinese[name])} |" for name in names]
    return "\n".join([*lines, ""])


def catalogue(area: str, lang: str) -> dict[str, str]:
    """Return an area's sentences by name."""
    source = files("fedmarket.domain").joinpath("messages", lang, f"{area}.json")
    sentences: dict[str, str] = json.loads(source.read_text(encoding="utf-8"))
    return sentences


def cell(text: str) -> str:
    """Return text as it stands in a cell of a Markdown table."""
    return text.replace("|", "\\|").replace("\n", " ")
