#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Part word
@license Apache-2.0
@notice An account's part in one task, in one word. Paying an account sets its word to zero, so the word is role
        and paid-marker at once.
"""


struct Part:
    role: uint256  # 8 bits, see lifecycle
    place: uint256  # 8, of a seat: aggregators from 0, evaluators from 4
    announced: uint256  # 8, 1 once a provider announced an update
    weight: uint256  # 40, of a provider
    price: uint256  # 112, of a provider, base units


@internal
@pure
def pack(p: Part) -> uint256:
    return p.role | (p.place << 8) | (p.announced << 16) | (p.weight << 24) | (p.price << 64)


@internal
@pure
def unpack(word: uint256) -> Part:
    return Part(
        role=word & (2**8 - 1),
        place=(word >> 8) & (2**8 - 1),
        announced=(word >> 16) & (2**8 - 1),
        weight=(word >> 24) & (2**40 - 1),
        price=word >> 64,
    )
