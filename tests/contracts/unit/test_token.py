"""The demonstration token: ERC-20 as wallets expect it, permits (EIP-2612), and a deployer who mints."""

from collections.abc import Iterator
from typing import Any

import boa  # type: ignore[import-untyped]
import pytest

from fedmarket.domain.typed_data import SigningDomain
from tests.contracts.cast import NOBODY, PROVIDERS, STRANGER
from tests.contracts.compiled import deploy

OWNER, SPENDER, RECEIVER = PROVIDERS


@pytest.fixture(scope="module")
def deployed() -> tuple[boa.Env, Any]:
    env = boa.Env()
    token = deploy(env, "Token", "Demo", "DEM")
    token.mint(OWNER, 100)
    return env, token


@pytest.fixture
def token(deployed: tuple[boa.Env, Any]) -> Iterator[Any]:
    env, token = deployed
    with env.anchor():
        yield token


def test_only_the_deployer_mints(token: Any) -> None:
    with boa.reverts("not_the_minter"):
        token.mint(STRANGER, 1, sender=STRANGER)
    with boa.reverts("no_receiver"):
        token.mint(NOBODY, 1)
    token.mint(RECEIVER, 5)
    assert (token.totalSupply(), token.balanceOf(RECEIVER)) == (105, 5)


def test_more_than_one_has_or_to_nobody_cannot_be_sent(token: Any) -> None:
    with boa.reverts("balance_too_small"):
        token.transfer(RECEIVER, 101, sender=OWNER)
    with boa.reverts("no_receiver"):
        token.transfer(NOBODY, 1, sender=OWNER)
    assert token.transfer(RECEIVER, 100, sender=OWNER)
    assert (token.balanceOf(OWNER), token.balanceOf(RECEIVER), token.totalSupply()) == (0, 100, 100)


def test_sending_to_oneself_changes_nothing(token: Any) -> None:
    token.transfer(OWNER, 60, sender=OWNER)
    assert token.balanceOf(OWNER) == 100


def test_no_more_than_the_allowance_is_drawn(token: Any) -> None:
    token.approve(SPENDER, 30, sender=OWNER)
    with boa.reverts("allowance_too_small"):
        token.transferFrom(OWNER, RECEIVER, 31, sender=SPENDER)
    token.transferFrom(OWNER, RECEIVER, 20, sender=SPENDER)
    assert token.allowance(OWNER, SPENDER) == 10
    with boa.reverts("allowance_too_small"):
        token.transferFrom(OWNER, RECEIVER, 1, sender=STRANGER)


def test_an_endless_allowance_stays_endless(token: Any) -> None:
    token.approve(SPENDER, 2**256 - 1, sender=OWNER)
    token.transferFrom(OWNER, RECEIVER, 20, sender=SPENDER)
    assert token.allowance(OWNER, SPENDER) == 2**256 - 1


def test_what_happens_is_logged(token: Any) -> None:
    token.approve(SPENDER, 7, sender=OWNER)
    (approval,) = token.get_logs()
    assert (approval.owner, approval.spender, approval.value) == (OWNER, SPENDER, 7)
    token.transfer(RECEIVER, 3, sender=OWNER)
    (transfer,) = token.get_logs()
    assert (transfer.sender, transfer.receiver, transfer.value) == (OWNER, RECEIVER, 3)


def test_its_signing_domain_is_the_one_that_permits_are_signed_in(deployed: tuple[boa.Env, Any]) -> None:
    env, token = deployed
    domain = SigningDomain(env.evm.patch.chain_id, token.address, token.name(), token.version())
    assert token.DOMAIN_SEPARATOR() == domain.separator
    assert (token.symbol(), token.decimals()) == ("DEM", 18)


def test_a_permit_of_nobody_is_refused(token: Any) -> None:
    blank = bytes(32)
    for r, s in ((blank, blank), (b"\1" * 32, b"\xff" * 32)):
        with boa.reverts("bad_signature"):
            token.permit(NOBODY, SPENDER, 1, 2**256 - 1, 27, r, s)
