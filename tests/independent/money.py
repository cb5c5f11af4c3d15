"""From revealed score tables to payments: the part of the second opinion that needs nobody's key.

Written from the design, as check.py is, which calls it. Bonds, fees, seats that lose theirs, stops and every claim.
"""

import sys
from typing import Any, NoReturn

import numpy as np
from eth_abi.abi import encode
from eth_hash.auto import keccak

PPB, BPS = 10**9, 10**4
COMMITMENT = ["uint256", "address", "uint256", "address", "bytes32", "bytes32"]
Said = dict[str, list[dict[str, Any]]]


def need(holds: Any, what: str) -> None:
    if not holds:
        sys.exit(f"FAIL  {what}")


def not_covered(what: str) -> NoReturn:
    print(f"not covered: {what}", file=sys.stderr)
    sys.exit(3)


def root_of(types: str, values: list[tuple[Any, ...]]) -> str:
    leaves = sorted(keccak(keccak(encode(types.split(), value))) for value in values)
    nodes = [bytes(32)] * (len(leaves) - 1) + leaves[::-1]
    for i in range(len(leaves) - 2, -1, -1):
        nodes[i] = keccak(b"".join(sorted(nodes[2 * i + 1 : 2 * i + 3])))
    return f"0x{(nodes or [bytes(32)])[0].hex()}"


def divided(total: int, by: dict[str, int]) -> dict[str, int]:
    whole, total = sum(by.values()) or 1, total if any(by.values()) else 0
    out = {a: total * part // whole for a, part in by.items()}
    first = sorted(by, key=lambda a: (-(total * by[a] % whole), int(a, 16)))[: total - sum(out.values())]
    return {a: out[a] + (a in first) for a in by}


def agree(export: dict[str, Any], said: Said, terms: dict[str, Any]) -> list[int]:
    """Return the agreed R, b, number of providers, R + 1 skills and scores in ppb; check who agreed and who lost."""
    seats, goal = [seat["account"] for seat in terms["evaluators"]], terms["goal"]
    (settled,), count, revealed = said["TaskSettled"], len(said["Joined"]), dict[str, list[int]]()
    vote = settled["vote"]
    for row in said["ScoresRevealed"]:
        seat, table, salt = row["evaluator"], *(bytes.fromhex(row[k][2:]) for k in ("table", "salt"))
        bound = [export["chain_id"], export["contract"], int(row["task"]), seat, keccak(table), salt]
        mine = [c["commitment"] for c in said["ScoresCommitted"] if c["evaluator"] == seat]
        need(mine == [f"0x{keccak(encode(COMMITMENT, bound)).hex()}"], f"{seat} revealed what it committed to")
        whole = len(table) > 6 and not (len(table) - 6) % 8
        revealed[seat] = [*np.frombuffer(table[:6], ">u2"), *np.frombuffer(table[6:], ">i8")] if whole else []
        revealed[seat] = [int(value) for value in revealed[seat]]

    def readable(t: list[int]) -> bool:
        if not t or t[0] > len(said["RoundCommitted"]) or t[2] != count or len(t) != 4 + t[0] + count:
            return False
        return t[1] == (1 + int(np.argmax(t[4 : 4 + t[0]])) if t[0] else 0)

    tables = {seat: table for seat, table in revealed.items() if readable(table)}
    unreadable = revealed.keys() - tables.keys()
    need(tables, "somebody revealed a table that can be read")
    for k in (0, 1):  # the lower medians of R, then of b; only tables with that R and b go on
        middle = sorted(table[k] for table in tables.values())[(len(tables) - 1) // 2]
        tables = {seat: table for seat, table in tables.items() if table[k] == middle}
    agreed = [sorted(column)[(len(tables) - 1) // 2] for column in zip(*tables.values(), strict=True)]
    paid = {s for s, table in tables.items() if np.abs(np.subtract(table, agreed)).max() <= goal["tolerance_ppb"]}
    need(2 * len(paid) > len(seats), "most evaluators agree")
    need([str(agreed[0]), str(agreed[1])] == [vote["rounds_verified"], vote["best_round"]], "the settled rounds")
    lost = {*(tables.keys() - paid), *unreadable}

    def mask(who: Any) -> str:
        return str(sum(1 << place for place, seat in enumerate(seats) if seat in who))

    unpaid = revealed.keys() - paid - lost
    need((vote["unpaid"], vote["forfeited"]) == (mask(unpaid), mask(lost)), "the vote's seats")
    silent = set(seats) - revealed.keys()
    need((settled["paid"], settled["forfeited"]) == (mask(paid), mask(lost | silent)), "the seats paid and forfeited")
    print(f"ok    {len(paid)} of {len(seats)} evaluators agree")
    return agreed


def credited(said: Said, terms: dict[str, Any], agreed: list[int], last: set[str]) -> dict[str, int]:
    """Return what an unfounded stop adds to the delivered rounds of those in `last`, the round R."""
    R, goal, skills = agreed[0], terms["goal"], agreed[3 : 4 + agreed[0]]
    gains = [skills[r] - skills[r - 1] if r >= 1 else PPB for r in range(R + 1 - goal["patience_rounds"], R + 1)]
    if not said["TrainingStopped"] or not R or all(gain < goal["patience_gain_ppb"] for gain in gains):
        return {}
    return dict.fromkeys(last, terms["rounds"] - len(said["RoundCommitted"]))


def check_payments(said: Said, terms: dict[str, Any], agreed: list[int], counts: dict[str, int]) -> None:
    """Check the vote's sums and every payment; `counts` are delivered rounds of 1..R by account, in join order."""
    R, b, seats, goal = agreed[0], agreed[1], [seat["account"] for seat in terms["evaluators"]], terms["goal"]
    (opened,), (settled,), rounds = said["TaskOpened"], said["TaskSettled"], said["RoundCommitted"]
    chain, vote, money = opened["terms"], settled["vote"], {k: int(v) for k, v in terms["money"].items()}
    weight, price = ({row["account"]: int(row[k]) for row in said["Joined"]} for k in ("weight", "price"))
    P, A, N, W = money["performance"], money["participation"], terms["rounds"], sum(weight.values())
    bond = money["provider_bond"]
    need(all(row["bond"] == str(bond) for row in said["Joined"]), "the bonds of who joined")
    earned = {a: max(0, s) if counts[a] else 0 for a, s in zip(weight, agreed[4 + R :], strict=True)}
    start, target, floor = max(goal["start_ppb"], 0), goal["target_ppb"], money["floor_bps"]
    above = agreed[3 + b] - start
    whole, reached = (1, int(above > 0)) if target is None else (target - start, min(max(above, 0), target - start))
    L = P * (floor * whole + (BPS - floor) * reached) // (BPS * whole) if any(earned.values()) else 0
    owed, ppb = divided(L, earned), divided(PPB, earned)
    spared = {row["provider"] for row in said["UpdateAnnounced"]}
    for a, times in counts.items():
        owed[a] += price[a] * times // N if any(price.values()) else A * weight[a] * times // (W * N)
    blamed = [a for a, times in counts.items() if not times and a not in spared and 0 < R == len(rounds)]
    paid = [seat for place, seat in enumerate(seats) if int(settled["paid"]) >> place & 1]
    fees = dict.fromkeys([*chain["aggregators"], *seats], 0) | dict.fromkeys(paid, money["evaluator_fee"])
    for row in rounds[:R]:
        fees[chain["aggregators"][int(row["attempt"])]] += money["aggregator_fee"]
    escrow = P + A + N * money["aggregator_fee"] + len(seats) * money["evaluator_fee"]
    refund = escrow - sum(owed.values()) - sum(fees.values())
    payees = [(a, owed[a], bond * (a in blamed), ppb[a]) for a in weight]
    need(root_of("address uint256 uint256 uint256", payees) == vote["payout_root"], "the payout root")
    sums = {"owed": sum(owed.values()), "refund": refund, "debits": 0, "forfeits": bond * len(blamed)}
    need(all(vote[k] == str(value) for k, value in sums.items()), "the sums settled on")

    turns = [0, *(int(row["attempt"]) for row in said["TakenOver"])]
    stalled = {chain["aggregators"][turn] for turn in (turns if said["TaskClosed"] else turns[:-1])}
    bad = {chain["aggregators"][int(row["attempt"])] for row in rounds[R : R + 1]}
    lost = {seat for place, seat in enumerate(seats) if int(settled["forfeited"]) >> place & 1} | stalled | bad
    bonds = dict.fromkeys(chain["aggregators"], money["aggregator_bond"]) | dict.fromkeys(
        seats, money["evaluator_bond"]
    )
    due = {a: (str(owed[a]), "0" if a in blamed else str(bond)) for a in weight}
    due |= {a: (str(fees[a]), "0" if a in lost else str(bonds[a])) for a in bonds}
    for row in [*said["Claimed"], *said["SeatClaimed"]]:
        a, amount = row["account"], row["owed"] if "owed" in row else row["fee"]
        need(("owed" in row) == (a in weight) and due.get(a) == (amount, row["bond"]), f"the claim of {a}")
    need(
        all(row == (row | {"account": opened["requester"], "amount": str(refund)}) for row in said["Refunded"]),
        "the refund",
    )
    payees_paid = [row["account"] for name in ("Claimed", "SeatClaimed", "Refunded") for row in said[name]]
    need(len(set(payees_paid)) == len(payees_paid), "nobody is paid twice")
    print(f"ok    root and claims; owed {vote['owed']} + refund {refund} + fees {sum(fees.values())} = escrow {escrow}")
