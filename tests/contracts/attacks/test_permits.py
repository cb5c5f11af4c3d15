"""Permits: what a payer signs pays once, for what it says, and nobody can turn it against the payer."""

from collections.abc import Callable

import boa  # type: ignore[import-untyped]
import pytest

from fedmarket.domain.accounts import sign
from fedmarket.domain.typed_data import SigningDomain, permit_digest
from tests.contracts import cast, scenes
from tests.contracts.cast import AGE_KEY, PROVIDERS, STRANGER, secret_of, word
from tests.contracts.paired import PairedMarket

Permit = tuple[int, int, bytes, bytes]
PAYER = PROVIDERS[0]
JOIN = (PAYER, "join", 1, word("listing"), 10, 0, cast.ADMITTED.proof(0), AGE_KEY)


def signed(market: PairedMarket, amount: int, deadline: int, nonce: int = 0) -> Permit:
    domain = SigningDomain(market.ledger.chain_id, market.token.address, "Demo", "1")
    digest = permit_digest(domain, owner=PAYER, spender=market.address, value=amount, nonce=nonce, deadline=deadline)
    signature = sign(digest, secret_of("provider 0"))
    return deadline, signature[64], signature[:32], signature[32:64]


@pytest.fixture
def market() -> PairedMarket:
    """A task to join, with a real token; nobody but the payer has an allowance left."""
    market = PairedMarket("Token", "Demo", "DEM")
    for account in cast.EVERYBODY:
        if account != PAYER:
            market.token.approve(market.address, 2**256 - 1, sender=account)
    scenes.seated(market)
    market.env.evm.patch.timestamp = market.ledger.now
    return market


def test_a_provider_joins_with_a_permit_and_no_allowance(market: PairedMarket) -> None:
    market.call(*JOIN, permit=signed(market, 30, market.ledger.now))
    assert market.token.allowance(PAYER, market.address) == 0
    assert market.token.nonces(PAYER) == 1


def test_without_permit_or_allowance_a_provider_cannot_join(market: PairedMarket) -> None:
    assert market.send(*JOIN)[0] == "payment_failed"


def test_a_permit_that_somebody_else_hands_in_first_does_not_block_joining(market: PairedMarket) -> None:
    permit = signed(market, 30, market.ledger.now)
    market.token.permit(PAYER, market.address, 30, *permit, sender=STRANGER)
    market.call(*JOIN, permit=permit)


def test_a_permit_is_not_used_where_the_allowance_suffices(market: PairedMarket) -> None:
    market.token.approve(market.address, 31, sender=PAYER)
    market.call(*JOIN, permit=(market.ledger.now, 27, word("not a"), word("signature")))
    assert market.token.allowance(PAYER, market.address) == 1


@pytest.mark.parametrize(
    "spoiled",
    [
        lambda market: signed(market, 29, market.ledger.now),
        lambda market: signed(market, 30, market.ledger.now, nonce=1),
        lambda market: signed(market, 30, market.ledger.now - 1),
        lambda market: (market.ledger.now + 1, *signed(market, 30, market.ledger.now)[1:]),
    ],
    ids=["another amount", "another nonce", "expired", "another deadline"],
)
def test_a_permit_for_anything_else_is_refused(market: PairedMarket, spoiled: Callable[[PairedMarket], Permit]) -> None:
    reason, _, _ = market.send(*JOIN, permit=spoiled(market))
    assert reason in ("bad_signature", "permit_expired")
    assert market.view("part", 1, PAYER) == (0, 0, 0, 0, 0)


def test_a_permit_counts_once(market: PairedMarket) -> None:
    permit = signed(market, 30, market.ledger.now)
    market.token.permit(PAYER, market.address, 30, *permit, sender=STRANGER)
    with boa.reverts("bad_signature"):
        market.token.permit(PAYER, market.address, 30, *permit, sender=STRANGER)
