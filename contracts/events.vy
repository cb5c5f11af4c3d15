#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Events
@license Apache-2.0
@notice What TaskMarket logs. The events alone suffice to rebuild every task.
"""

import task_terms


event TaskOpened:
    task: indexed(uint256)
    requester: indexed(address)
    terms_hash: bytes32
    terms: task_terms.Terms


event SeatTaken:
    task: indexed(uint256)
    account: indexed(address)
    role: uint256
    seat: uint256
    age_key: bytes32


event Joined:
    task: indexed(uint256)
    account: indexed(address)
    listing: bytes32
    weight: uint256
    price: uint256
    bond: uint256
    age_key: bytes32


event TaskCancelled:
    task: indexed(uint256)
    caller: indexed(address)


event TaskStarted:
    task: indexed(uint256)
    caller: indexed(address)


event UpdateAnnounced:
    task: indexed(uint256)
    provider: indexed(address)
    round: uint256
    attempt: uint256
    update: bytes32
    blob: bytes32


event RoundCommitted:
    task: indexed(uint256)
    round: uint256
    attempt: uint256
    updates_root: bytes32
    model: bytes32
    manifest: bytes32
    n_updates: uint256
    delivered_weight: uint256


event TakenOver:
    task: indexed(uint256)
    aggregator: indexed(address)
    attempt: uint256
    first_round: uint256


event TrainingStopped:
    task: indexed(uint256)
    round: uint256


event TaskClosed:
    task: indexed(uint256)
    caller: indexed(address)
    status: uint256


event ScoresCommitted:
    task: indexed(uint256)
    evaluator: indexed(address)
    commitment: bytes32


event ScoresRevealed:
    task: indexed(uint256)
    evaluator: indexed(address)
    table: Bytes[task_terms.MAX_TABLE]
    salt: bytes32


event Confirmed:
    task: indexed(uint256)
    evaluator: indexed(address)
    vote: task_terms.Vote


event TaskSettled:
    task: indexed(uint256)
    vote: task_terms.Vote
    paid: uint256  # bitmap of evaluator seats
    forfeited: uint256  # bitmap of evaluator seats


event TaskFellBack:
    task: indexed(uint256)
    paid: uint256  # bitmap of evaluator seats
    forfeited: uint256  # bitmap of evaluator seats
    refund: uint256


event Claimed:
    task: indexed(uint256)
    account: indexed(address)
    owed: uint256
    bond: uint256


event SeatClaimed:
    task: indexed(uint256)
    account: indexed(address)
    fee: uint256
    bond: uint256


event Refunded:
    task: indexed(uint256)
    account: indexed(address)
    amount: uint256


event Swept:
    task: indexed(uint256)
    amount: uint256


event ForfeitsFlushed:
    amount: uint256
