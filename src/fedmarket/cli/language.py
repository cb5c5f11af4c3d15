"""Which language the words are in: flag, else environment, else profile, else English."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fedmarket.domain.errors import LANGUAGES, UsageError, sentence

VARIABLE = "FEDMARKET_LANG"
FLAG = "--lang"


@dataclass(frozen=True)
class Words:
    """The command line's catalogue in one language: `words("escrow")`."""

    lang: str

    def __call__(self, name: str, /, **params: object) -> str:
        """Return the sentence `cli.<name>` with its parameters filled in."""
        return sentence(f"cli.{name}", self.lang, **params)


def choose_language(arguments: Sequence[str], environ: Mapping[str, str], configured: str | None = None) -> str:
    """Return "en" or "zh": the last --lang among `arguments`, else FEDMARKET_LANG, else `configured`, else English.

    Looked up before the command line is parsed, so that --help speaks the language too. Raises UsageError for a
    language that there is none of.
    """
    chosen = [environ.get(VARIABLE) or configured or LANGUAGES[0], *flag_values(arguments, FLAG)][-1]
    if chosen not in LANGUAGES:
        raise UsageError("cli.unknown_language", language=chosen[:40])
    return chosen


def flag_values(arguments: Sequence[str], flag: str) -> Iterator[str]:
    """Yield what `arguments` give a flag, as "--flag value" or "--flag=value", before anything is parsed."""
    for place, argument in enumerate(arguments):
        if argument == flag:
            yield from arguments[place + 1 : place + 2]
        elif argument.startswith(f"{flag}="):
            yield argument.removeprefix(f"{flag}=")
