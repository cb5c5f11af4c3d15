#pragma version 0.4.3
"""
@title Merkle desk
@notice The market's proof check by itself.
"""

import merkle


@external
@pure
def proves(root: bytes32, leaf: bytes32, proof: DynArray[bytes32, merkle.DEPTH]) -> bool:
    return merkle.proves(root, leaf, proof)
