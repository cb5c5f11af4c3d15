#pragma version 0.4.3
#pragma optimize gas
#pragma nonreentrancy on
"""
@title Events
@license Apache-2.0
@notice What TaskMarket logs. The events alone suffice to rebuild every task.
"""

import task_terms


# a requester paid its escrow in; `terms` is all that the contract enforces
event TaskOpened:
    task: indexed(uint256)
    requester: indexed(address)
    terms_hash: bytes32
    terms: task_terms.Terms


# a named seat paid its bond; `seat` counts aggregators and evaluators each from 0
event SeatTaken:
    task: indexed(uint256)
    account: indexed(address)
    role: uint256
    seat: uint256
    age_key: bytes32


# a provider paid its bond
event Joined:
    task: indexed(uint256)
    account: indexed(address)
    listing: bytes32
    weight: uint256
    price: uint256
    bond: uint256
    age_key: bytes32


# the requester withdrew the task before it started
event TaskCancelled:
    task: indexed(uint256)
    caller: indexed(address)


# training began, and with it the first submission window
event TaskStarted:
    task: indexed(uint256)
    caller: indexed(address)


# a provider put an update on record by itself
event UpdateAnnounced:
    task: indexed(uint256)
    provider: indexed(address)
    round: uint256
    attempt: uint256
    update: bytes32
    blob: bytes32


# a round is done; the next submission window, or scoring, began
event RoundCommitted:
    task: indexed(uint256)
    round: uint256
    attempt: uint256
    updates_root: bytes32
    model: bytes32
    manifest: bytes32
    n_updates: uint256
    delivered_weight: uint256


# a standby replaced an aggregator that let its window pass
event TakenOver:
    task: indexed(uint256)
    aggregator: indexed(address)
    attempt: uint256
    first_round: uint256


# the requester ended training early; scoring began
event TrainingStopped:
    task: indexed(uint256)
    round: uint256


# somebody ended a state whose last deadline had passed; `status` is the new one
event TaskClosed:
    task: indexed(uint256)
    caller: indexed(address)
    status: uint256


# an evaluator committed to its table
event ScoresCommitted:
    task: indexed(uint256)
    evaluator: indexed(address)
    commitment: bytes32


# an evaluator's table, as it committed to it
event ScoresRevealed:
    task: indexed(uint256)
    evaluator: indexed(address)
    table: Bytes[task_terms.MAX_TABLE]
    salt: bytes32


# an evaluator voted; its last vote counts
event Confirmed:
    task: indexed(uint256)
    evaluator: indexed(address)
    vote: task_terms.Vote


# more than half of the seats agreed; everybody may claim
event TaskSettled:
    task: indexed(uint256)
    vote: task_terms.Vote
    paid: uint256  # bitmap of evaluator seats
    forfeited: uint256  # bitmap of evaluator seats


# nobody decides; delivered rounds are paid
event TaskFellBack:
    task: indexed(uint256)
    paid: uint256  # bitmap of evaluator seats
    forfeited: uint256  # bitmap of evaluator seats
    refund: uint256


# a provider was paid what it earned and its bond, or what is left of it
event Claimed:
    task: indexed(uint256)
    account: indexed(address)
    owed: uint256
    bond: uint256


# a seat was paid its fees and its bond, or nothing for a bond that it forfeited
event SeatClaimed:
    task: indexed(uint256)
    account: indexed(address)
    fee: uint256
    bond: uint256


# the requester's rest, or anybody's money of a cancelled task, was paid back
event Refunded:
    task: indexed(uint256)
    account: indexed(address)
    amount: uint256


# what nobody claimed in time went back to the requester
event Swept:
    task: indexed(uint256)
    amount: uint256


# all that was forfeited went to the sink
event ForfeitsFlushed:
    amount: uint256
