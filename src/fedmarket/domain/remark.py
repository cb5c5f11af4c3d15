"""Something worth telling a user that refuses nothing: an id, parameters, and a sentence in every language."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from fedmarket.domain.errors import sentence


@dataclass(frozen=True)
class Remark:
    """A remark by its catalogue id ("<area>.<name>"); `params` fill the sentence."""

    remark_id: str
    params: Mapping[str, object] = field(default_factory=dict)

    def sentence(self, lang: str = "en") -> str:
        """Return the remark as one sentence in `lang`."""
        return sentence(self.remark_id, lang, **self.params)
