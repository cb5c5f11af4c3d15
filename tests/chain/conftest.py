"""The story told once to the in-process chain, for every test that looks at how it went."""

import pytest

from fedmarket.chain.tester import TesterChain

from .chain_story import ACCOUNTS, Story

START = 1_800_000_000


@pytest.fixture(scope="session")
def story_in_process() -> Story:
    return Story(TesterChain.start(ACCOUNTS.values(), START)).tell()
