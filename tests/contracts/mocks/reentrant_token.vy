#pragma version 0.4.3
"""
@title Reentrant token
@notice Calls back into the market from within transfer, transferFrom and permit, once for each call it is armed with,
        and keeps what each was answered: 1 where it went through, 2 where it was refused with a reason, 3 where it was
        refused with none, as a locked door does.
"""

import balances

initializes: balances
exports: (balances.balanceOf, balances.mint)

CALLS: constant(uint256) = 40
SIZE: constant(uint256) = 6000

target: address
calls: DynArray[Bytes[SIZE], CALLS]
answers: DynArray[uint256, CALLS]
allowance: public(HashMap[address, HashMap[address, uint256]])


@external
def arm(target: address, calls: DynArray[Bytes[SIZE], CALLS]):
    self.target = target
    self.calls = calls
    self.answers = []


@external
@view
def answered() -> DynArray[uint256, CALLS]:
    return self.answers


@external
def approve(spender: address, amount: uint256) -> bool:
    self.allowance[msg.sender][spender] = amount
    return True


@external
def permit(owner: address, spender: address, amount: uint256, deadline: uint256, v: uint8, r: bytes32, s: bytes32):
    self._call_back()
    self.allowance[owner][spender] = amount


@external
def transfer(to: address, amount: uint256) -> bool:
    balances.move(msg.sender, to, amount)
    self._call_back()
    return True


@external
def transferFrom(source: address, to: address, amount: uint256) -> bool:
    balances.move(source, to, amount)
    self._call_back()
    return True


@internal
def _call_back():
    waiting: DynArray[Bytes[SIZE], CALLS] = self.calls
    self.calls = []
    for data: Bytes[SIZE] in waiting:
        done: bool = False
        said: Bytes[4] = b""
        done, said = raw_call(self.target, data, max_outsize=4, revert_on_failure=False)
        answer: uint256 = 1
        if not done:
            answer = 2 if len(said) != 0 else 3
        self.answers.append(answer)
