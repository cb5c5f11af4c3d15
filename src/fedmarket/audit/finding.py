"""What a check found to hold, as a sentence of the catalogue with its numbers."""

from fedmarket.domain.errors import MarketError, sentence


class Finding:
    """One sentence of the audit's catalogue ("audit.holds_<name>") and its parameters."""

    def __init__(self, name: str, /, **params: object) -> None:
        """Name the sentence; `params` fill it in."""
        self.name = name
        self._params = params

    def sentence(self, lang: str = "en") -> str:
        """Return the finding in `lang`; a refusal among its parameters speaks the same language."""
        params = {name: _spoken(value, lang) for name, value in self._params.items()}
        return sentence(f"audit.holds_{self.name}", lang, **params)


def _spoken(value: object, lang: str) -> object:
    return value.sentence(lang) if isinstance(value, MarketError) else value
