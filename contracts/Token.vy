#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Token
@license Apache-2.0
@notice A plain ERC-20 token with EIP-2612 permits, for demonstrations and tests only: whoever deployed it mints at
        will. A deployment that counts names a token that people trust.
"""

from ethereum.ercs import IERC20

implements: IERC20

PERMIT_TYPE: constant(bytes32) = keccak256(
    "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
)
DOMAIN_TYPE: constant(bytes32) = keccak256(
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
VERSION: constant(bytes32) = keccak256("1")
HALF_ORDER: constant(uint256) = 57896044618658097711785492504343953926418782139537452191302581570759080747168

decimals: public(constant(uint8)) = 18
version: public(constant(String[1])) = "1"
name: public(immutable(String[32]))
symbol: public(immutable(String[8]))
minter: public(immutable(address))
totalSupply: public(uint256)
balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])
nonces: public(HashMap[address, uint256])


@deploy
def __init__(name_: String[32], symbol_: String[8]):
    name = name_
    symbol = symbol_
    minter = msg.sender


@external
def mint(to: address, amount: uint256):
    """
    @notice Create tokens; only the deployer may.
    """
    assert msg.sender == minter, "not_the_minter"
    assert to != empty(address), "no_receiver"
    self.totalSupply += amount
    self.balanceOf[to] += amount
    log IERC20.Transfer(sender=empty(address), receiver=to, value=amount)


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Send one's own tokens.
    """
    self._move(msg.sender, to, amount)
    return True


@external
def transferFrom(source: address, to: address, amount: uint256) -> bool:
    """
    @notice Send the tokens of an account that allowed it; an allowance of 2**256 - 1 never runs out.
    """
    allowed: uint256 = self.allowance[source][msg.sender]
    assert allowed >= amount, "allowance_too_small"
    if allowed != max_value(uint256):
        self.allowance[source][msg.sender] = allowed - amount
    self._move(source, to, amount)
    return True


@external
def approve(spender: address, amount: uint256) -> bool:
    """
    @notice Allow `spender` to send so many of one's tokens.
    """
    self._allow(msg.sender, spender, amount)
    return True


@external
def permit(owner: address, spender: address, amount: uint256, deadline: uint256, v: uint8, r: bytes32, s: bytes32):
    """
    @notice Allow by signature (EIP-2612); a signature counts once.
    """
    assert block.timestamp <= deadline, "permit_expired"
    assert convert(s, uint256) <= HALF_ORDER, "bad_signature"
    nonce: uint256 = self.nonces[owner]
    message: bytes32 = keccak256(abi_encode(PERMIT_TYPE, owner, spender, amount, nonce, deadline))
    digest: bytes32 = keccak256(concat(b"\x19\x01", self._domain(), message))
    assert owner != empty(address) and ecrecover(digest, v, r, s) == owner, "bad_signature"
    self.nonces[owner] = nonce + 1
    self._allow(owner, spender, amount)


@external
@view
def DOMAIN_SEPARATOR() -> bytes32:
    """
    @notice What binds a permit to this token on this chain (EIP-712).
    """
    return self._domain()


@internal
@view
def _domain() -> bytes32:
    return keccak256(abi_encode(DOMAIN_TYPE, keccak256(name), VERSION, chain.id, self))


@internal
def _allow(owner: address, spender: address, amount: uint256):
    self.allowance[owner][spender] = amount
    log IERC20.Approval(owner=owner, spender=spender, value=amount)


@internal
def _move(source: address, to: address, amount: uint256):
    assert to != empty(address), "no_receiver"
    assert self.balanceOf[source] >= amount, "balance_too_small"
    self.balanceOf[source] -= amount
    self.balanceOf[to] += amount
    log IERC20.Transfer(sender=source, receiver=to, value=amount)
