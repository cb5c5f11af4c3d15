#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Payments
@license Apache-2.0
@notice The token, and the only two ways in which it moves. What comes in is counted by balance, so a token that keeps
        a part back or only says that it moved is refused.
"""

import IToken
import refusal

token: public(immutable(IToken))
sink: public(immutable(address))


struct Permit:
    deadline: uint256  # 0: none is given
    v: uint8
    r: bytes32
    s: bytes32


@deploy
def __init__(token_: address, sink_: address):
    assert token_.is_contract, "bad_token"
    assert sink_ != empty(address) and sink_ != self, "bad_sink"
    token = IToken(token_)
    sink = sink_


@internal
def pull(payer: address, amount: uint256, permit: Permit):
    """
    @notice Take exactly `amount` from `payer`. The permit is used only where the allowance is short: one that somebody
            else has already handed in must not stop the call.
    """
    if amount == 0:
        return
    if permit.deadline != 0 and staticcall token.allowance(payer, self) < amount:
        extcall token.permit(payer, self, amount, permit.deadline, permit.v, permit.r, permit.s)
    before: uint256 = self._balance(self)
    moved: bool = self._balance(payer) >= amount and staticcall token.allowance(payer, self) >= amount
    moved = moved and extcall token.transferFrom(payer, self, amount, default_return_value=True)
    refusal.require(moved and self._balance(self) == before + amount, refusal.PAYMENT_FAILED)


@internal
def push(payee: address, amount: uint256):
    """
    @notice Send `amount`. The caller has already written down that it is paid.
    """
    if amount == 0:
        return
    moved: bool = self._balance(self) >= amount
    moved = moved and extcall token.transfer(payee, amount, default_return_value=True)
    refusal.require(moved, refusal.PAYOUT_FAILED)


@internal
@view
def _balance(account: address) -> uint256:
    return staticcall token.balanceOf(account)
