"""How the tests here say "this is refused, by this name, in a sentence of both languages"."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from fedmarket.domain.errors import LANGUAGES, MarketError


@contextmanager
def refused(error_id: str, naming: str = "") -> "Iterator[pytest.ExceptionInfo[MarketError]]":
    """Require a refusal `error_id` whose sentences, in every language, hold the text `naming`; gives the refusal."""
    with pytest.raises(MarketError) as caught:
        yield caught
    assert caught.value.error_id == error_id, str(caught.value)
    for lang in LANGUAGES:
        assert naming in caught.value.sentence(lang)
