"""One tree of refusals: each has an id, parameters, an exit code and a sentence in every language."""

from dataclasses import dataclass
from errno import errorcode
from functools import cache
from importlib.resources import files
from json import loads
from typing import ClassVar, Protocol, runtime_checkable

LANGUAGES = ("en", "zh")


@cache
def _catalogue(lang: str, area: str) -> dict[str, str]:
    source = files("fedmarket.domain").joinpath("messages", lang, f"{area}.json")
    sentences: dict[str, str] = loads(source.read_text(encoding="utf-8"))
    return sentences


@dataclass(frozen=True)
class SystemFault:
    """Why the operating system refused, in every language: what stands for an OSError in a sentence.

    `name` is the error's symbol; one that the catalogue does not know keeps the system's own `words`.
    """

    name: str
    words: str

    @classmethod
    def of(cls, error: OSError) -> "SystemFault":
        """Return what stands for `error`."""
        return cls(errorcode.get(error.errno or 0, ""), error.strerror or str(error) or type(error).__name__)

    def sentence(self, lang: str = "en") -> str:
        """Return the reason in `lang`."""
        return _catalogue(lang, "system").get(self.name, self.words)

    def __str__(self) -> str:
        return self.sentence()


@runtime_checkable
class Spoken(Protocol):
    """What speaks every language itself when it stands in a sentence."""

    def sentence(self, lang: str = "en") -> str:
        """Return it in `lang`."""


def sentence(message_id: str, lang: str = "en", /, **params: object) -> str:
    """Return the catalogue's sentence for `message_id` ("<area>.<name>") with its parameters filled in.

    Raises KeyError for an id or parameter that the catalogue does not know: a fault of ours, never of a user.
    """
    area, name = message_id.split(".", 1)
    spoken = {name: value.sentence(lang) if isinstance(value, Spoken) else value for name, value in params.items()}
    return _catalogue(lang, area)[name].format(**spoken)


def has_sentence(message_id: str, lang: str = "en") -> bool:
    """Tell whether the catalogue of an area that there is knows `message_id` ("<area>.<name>")."""
    area, name = message_id.split(".", 1)
    return name in _catalogue(lang, area)


class MarketError(Exception):
    """Something was refused or failed; `sentence()` says what and what to do."""

    exit_code: ClassVar[int] = 2

    def __init__(self, error_id: str, /, **params: object) -> None:
        """Name the refusal by its id; `params` fill the catalogue's sentence."""
        self.error_id = error_id
        self.params = params
        super().__init__(error_id, params)

    def sentence(self, lang: str = "en") -> str:
        """Return the refusal as one sentence in `lang` ("en" or "zh")."""
        return sentence(self.error_id, lang, **self.params)

    def __str__(self) -> str:
        return self.sentence()


class UsageError(MarketError):
    """What the user gave cannot be used as it is."""

    exit_code = 2


class RefusedError(MarketError):
    """A rule of the market refuses it."""

    exit_code = 3


class UnreachableError(MarketError):
    """Something that must answer did not."""

    exit_code = 4


class TermsError(UsageError):
    """A task's terms contradict themselves or the rules."""


class DocumentError(UsageError):
    """A document is not the canonical JSON it should be."""


class DataError(UsageError):
    """A file of training or validation data cannot be used."""


class KeyfileError(UsageError):
    """A key cannot be read or unlocked."""


class UpdateError(RefusedError):
    """A gate refuses an update; the id's last part is the reason that the manifest records."""

    @property
    def reason(self) -> str:
        """The reason as manifests record it, such as "unchanged"."""
        return self.error_id.split(".", 1)[1]


class ContractRefusal(RefusedError):
    """The contract's own rule said no; the id's last part is the contract's reason string."""

    @property
    def reason(self) -> str:
        """The reason string exactly as the contract gives it."""
        return self.error_id.split(".", 1)[1]


class StoreError(UnreachableError):
    """A store does not hold, or does not take, what it should."""


class ChainError(MarketError):
    """A call came to nothing because of the chain or of the way to it: no other party can be behind that."""

    exit_code = 4


class ChainUsageError(ChainError):
    """The chain answers, and what was named for it cannot be used: another chain, contract, token or outbox."""

    exit_code = 2


class ChainRefusal(ChainError):
    """The chain answers and refuses a transaction by its own rules: an account without coins, say."""

    exit_code = 3
