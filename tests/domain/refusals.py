"""How tests expect a refusal: its type, its id, and a sentence in every language."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fedmarket.domain.errors import LANGUAGES, MarketError


@contextmanager
def refused(kind: type[MarketError], error_id: str) -> Iterator[None]:
    """Expect the block to raise `kind` with this id, and its sentence to be complete in every language."""
    with pytest.raises(kind) as refusal:
        yield
    assert refusal.value.error_id == error_id
    for language in LANGUAGES:
        assert refusal.value.sentence(language)
