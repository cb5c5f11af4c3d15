#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Merkle proofs
@license Apache-2.0
@notice Proofs in OpenZeppelin's StandardMerkleTree format. A leaf is hashed twice, so that no inner node (64 bytes)
        can pass for one.
"""

DEPTH: constant(uint256) = 16


@internal
@pure
def proves(root: bytes32, leaf: bytes32, proof: DynArray[bytes32, DEPTH]) -> bool:
    """
    @notice Whether `proof` leads from a leaf, hashed once by the caller, to `root`.
    """
    node: bytes32 = keccak256(leaf)
    for sibling: bytes32 in proof:
        if convert(node, uint256) < convert(sibling, uint256):
            node = keccak256(abi_encode(node, sibling))
        else:
            node = keccak256(abi_encode(sibling, node))
    return node == root
