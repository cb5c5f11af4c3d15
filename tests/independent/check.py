"""A second opinion on a settled task, written from the design: it shares no line with the package that made the record.

    fedmarket audit RECORD --task 1 --key EVALUATOR.key --open OPENED; python tests/independent/check.py OPENED 1

For recipe softmax, plain averaging, allow-lists, and tasks that nobody stopped; signatures are left to the audit.
Prints a line a check, and exits with 1 at the first thing that does not hold.
"""

import json
import sys
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from eth_abi.abi import encode
from eth_hash.auto import keccak

PPB, BPS, QUANTA, NODES = 10**9, 10**4, 2**24, 200
COMMITMENT = ["uint256", "address", "uint256", "address", "bytes32", "bytes32"]


def need(holds: Any, what: str) -> None:
    if not holds:
        sys.exit(f"FAIL  {what}")


def hashed(data: bytes) -> str:
    return f"0x{sha256(data).hexdigest()}"


def root_of(types: str, values: list[tuple[Any, ...]]) -> str:
    leaves = sorted(keccak(keccak(encode(types.split(), value))) for value in values)
    nodes = [bytes(32)] * (len(leaves) - 1) + leaves[::-1]
    for i in range(len(leaves) - 2, -1, -1):
        nodes[i] = keccak(b"".join(sorted(nodes[2 * i + 1 : 2 * i + 3])))
    return f"0x{(nodes or [bytes(32)])[0].hex()}"


def packed(v: Any, kind: str, c: int) -> bytes:
    parts, n = {"bias": ([c], 0, c), "weight": ([v.size // c - 1, c], c, v.size)}, v.itemsize
    head = {k: {"dtype": kind, "shape": s, "data_offsets": [i * n, j * n]} for k, (s, i, j) in parts.items()}
    text = json.dumps(head, separators=(",", ":"))
    text += " " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text.encode() + bytes(v.tobytes())


def divided(total: int, by: dict[str, int]) -> dict[str, int]:
    whole, total = sum(by.values()) or 1, total if any(by.values()) else 0
    out = {a: total * part // whole for a, part in by.items()}
    first = sorted(by, key=lambda a: (-(total * by[a] % whole), int(a, 16)))[: total - sum(out.values())]
    return {a: out[a] + (a in first) for a in by}


def check(folder: Path, number: str) -> None:
    def plain(name: str) -> bytes:
        path = folder / "plain" / name[2:]
        need(path.is_file() and hashed(path.read_bytes()) == name, f"a document hashes to {name}")
        return path.read_bytes()

    export = json.loads((folder / "events.json").read_bytes())
    said: dict[str, list[Any]] = {event["name"]: [] for event in export["events"]}
    for event in export["events"]:
        said[event["name"]] += [event["fields"]] if event["fields"].get("task") == number else []
    need("TaskSettled" in said and "TrainingStopped" not in said, "the task settled and was not stopped")
    (opened,), (settled,), rounds = said["TaskOpened"], said["TaskSettled"], said["RoundCommitted"]
    terms, chain, vote = json.loads(plain(opened["terms_hash"])), opened["terms"], settled["vote"]
    numbers, money = terms | terms["admission"] | terms["money"], {k: int(v) for k, v in terms["money"].items()}
    weight, price = ({row["account"]: int(row[k]) for row in said["Joined"]} for k in ("weight", "price"))
    R, b, goal = int(vote["rounds_verified"]), int(vote["best_round"]), terms["goal"]
    beyond = [*terms["strategy"]["parameters"], *terms["data"].get("bounds", [])]
    need(terms["recipe"]["name"] == "softmax" and numbers["listed"] and not beyond, "the task is of the kind above")
    need(all(str(numbers[k]) == v for k, v in chain.items() if k in numbers and type(v) is str), "the contract's terms")
    listed = [(line["account"], line["weight"], int(line["price"])) for line in numbers["listed"]]
    seats = [seat["account"] for seat in terms["evaluators"]]
    need(seats == chain["evaluators"], "the contract holds the evaluators' seats")
    need(root_of("address uint256 uint256", listed) == chain["admission_root"], "the allow-list's root")
    need(all((a, weight[a], price[a]) in listed for a in weight), "who joined is on the allow-list")
    print("ok    the terms hash to their id, and the contract and who joined keep them")

    c, d = len(terms["data"]["classes"]), len(terms["data"]["features"])
    models, parts, counts, base = [np.zeros(c + c * d, "<f4")], [], dict.fromkeys(weight, 0), chain["initial_model"]
    need(hashed(packed(models[0], "F32", c)) == base, "the initial model is all zeros")
    for r, row in enumerate(rounds[:R], 1):
        here = {"task": int(number), "round": r, "attempt": int(row["attempt"]), "base_model": base}
        here |= {k: export[k] for k in ("chain_id", "contract")} | {"terms": opened["terms_hash"]}
        m, base = json.loads(plain(row["manifest"])), row["model"]
        need((here | {"model": base}).items() <= m.items(), f"round {r}: the manifest is of this round")
        bundle, at, total, share = plain(m["bundle"]), 4, np.zeros(c + c * d, "<i8"), {}
        W = sum(weight[entry["provider"]] for entry in m["updates"])
        for entry in m["updates"]:
            a, end = entry["provider"], at + 8 + int.from_bytes(bundle[at : at + 8], "big")
            signed, at = bundle[at + 8 : end - 65], end
            header = json.loads(signed[4:][: int.from_bytes(signed[:4], "big")])
            q = np.frombuffer(signed[-4 * total.size :], "<i4")
            need(hashed(signed) == entry["update"], f"round {r}: the update of {a} hashes to its id")
            need((here | {"provider": a}).items() <= header.items(), f"round {r}: the update of {a} is for this round")
            square, clip = sum(int(x) ** 2 for x in q), int(Fraction(terms["clip"]) * QUANTA)
            need(0 < square <= clip**2, f"round {r}: the norm of the update of {a}")
            total, share[a] = total + q.astype("<i8") * weight[a], weight[a] * q / (W * QUANTA)
            counts[a] += 1
        ids = {entry["provider"]: bytes.fromhex(entry["update"][2:]) for entry in m["updates"]}
        leaves = [(a, ids.get(a, bytes(32)), n) for a, n in counts.items() if n]
        need(root_of("address bytes32 uint256", leaves) == row["updates_root"], f"round {r}: the updates root")
        need([row["n_updates"], row["delivered_weight"]] == [str(len(ids)), str(W)], f"round {r}: the weights on chain")
        need(packed(total, "I64", c) == plain(m["aggregate"]), f"round {r}: the sum is exact")
        models.append((models[-1].astype(float) + total / (max(W, 1) * QUANTA)).astype("<f4"))
        need(hashed(packed(models[-1], "F32", c)) == base, f"round {r}: the model follows from the sum, to the id")
        parts.append(share)
    print(f"ok    {R} rounds: manifests, roots, {sum(counts.values())} updates, exact sums, models to the id")

    data, n = plain(terms["validation"]["commitment"])[40:], terms["validation"]["rows"]
    x, hot = np.frombuffer(data[: -8 * n], "<f8").reshape(n, d), np.eye(c)[np.frombuffer(data[-8 * n :], "<i8")]
    x = np.c_[np.ones(n), (x - np.array(terms["data"]["means"], float)) / np.array(terms["data"]["scales"], float)]

    def logs(v: Any) -> Any:
        scores = x @ v.astype(float).reshape(-1, c)
        return scores - np.logaddexp.reduce(scores, axis=1, keepdims=True)

    reference = -sum(p * np.log(p) for p in hot.mean(axis=0) if p)
    skills, phi = [PPB * (1 + (logs(v) * hot).sum() / n / reference) for v in models], dict.fromkeys(weight, 0.0)
    for r, share in enumerate(parts[:b]):
        step = models[r + 1].astype(float) - models[r]
        points = (logs(models[r] + (node + 0.5) / NODES * step) for node in range(NODES))
        slope = sum((x.T @ (np.exp(point) - hot)).ravel() for point in points) * PPB / (n * NODES * reference)
        phi = {a: value - float(slope @ share[a]) if a in share else value for a, value in phi.items()}
    need(abs(skills[0] - goal["start_ppb"]) <= goal["tolerance_ppb"], "the starting skill")
    print(
        f"ok    skill from {skills[0] / PPB:.3f} to {skills[b] / PPB:.3f} and {len(phi)} contributions, measured anew"
    )

    tables: dict[str, list[int]] = {}
    for row in said["ScoresRevealed"]:
        seat, table, salt = row["evaluator"], *(bytes.fromhex(row[k][2:]) for k in ("table", "salt"))
        bound = [export["chain_id"], export["contract"], int(number), seat, keccak(table), salt]
        committed = {"task": number, "evaluator": seat, "commitment": f"0x{keccak(encode(COMMITMENT, bound)).hex()}"}
        need(committed in said["ScoresCommitted"], f"{seat} revealed what it committed to")
        tables[seat] = [*np.frombuffer(table, ">u2", 3).tolist(), *np.frombuffer(table[6:], ">i8").tolist()]
    tables = {seat: table for seat, table in tables.items() if len(table) == 4 + table[0] + len(weight)}
    for k in (0, 1):  # the lower medians of R, then of b; only tables with that R and b go on
        middle = sorted(table[k] for table in tables.values())[(len(tables) - 1) // 2]
        tables = {seat: table for seat, table in tables.items() if table[k] == middle}
    agreed = [sorted(column)[(len(tables) - 1) // 2] for column in zip(*tables.values(), strict=True)]
    paid = [seat for seat, table in tables.items() if np.abs(np.subtract(table, agreed)).max() <= goal["tolerance_ppb"]]
    need(2 * len(paid) > len(seats) and agreed[:2] == [R, b], "most evaluators agree on the settled rounds")
    far = np.abs(np.subtract([*skills, *phi.values()], agreed[3:])) > goal["tolerance_ppb"]
    need(not far.any(), "the agreed skills and scores")
    print(f"ok    {len(paid)} of {len(seats)} evaluators agree on these figures")

    P, A, N, W = money["performance"], money["participation"], terms["rounds"], sum(weight.values())
    earned = {a: max(0, s) for a, s in zip(weight, agreed[4 + R :], strict=True)}
    start, target, floor = max(goal["start_ppb"], 0), goal["target_ppb"], money["floor_bps"]
    whole = target - start if target is not None else 1
    reached = min(max(agreed[3 + b] - start, 0), whole) if target is not None else 1
    L = P * (floor * whole + (BPS - floor) * reached) // (BPS * whole) if any(earned.values()) else 0
    owed, ppb, bond = divided(L, earned), divided(PPB, earned), money["provider_bond"]
    spared = {row["provider"] for row in said.get("UpdateAnnounced", [])}
    for a, times in counts.items():
        owed[a] += price[a] * times // N if any(price.values()) else A * weight[a] * times // (W * N)
    blamed = [a for a, times in counts.items() if not times and a not in spared and 0 < R == len(rounds)]
    fees = {seat: money["evaluator_fee"] for seat in paid}
    for row in rounds[:R]:
        seat = chain["aggregators"][int(row["attempt"])]
        fees[seat] = fees.get(seat, 0) + money["aggregator_fee"]
    escrow = P + A + N * money["aggregator_fee"] + len(seats) * money["evaluator_fee"]
    refund = escrow - sum(owed.values()) - sum(fees.values())
    payees = [(a, owed[a], bond * (a in blamed), ppb[a]) for a in weight]
    need(root_of("address uint256 uint256 uint256", payees) == vote["payout_root"], "the payout root")
    need([vote["owed"], vote["refund"]] == [str(sum(owed.values())), str(refund)], "the sums settled on")
    for row in said.get("Claimed", []):
        a, back = row["account"], 0 if row["account"] in blamed else bond
        need((row["owed"], row["bond"]) == (str(owed[a]), str(back)), f"the claim of {a}")
    need(all(int(row["fee"]) == fees.get(row["account"], 0) for row in said.get("SeatClaimed", [])), "the fees")
    need(all(row["amount"] == str(refund) for row in said.get("Refunded", [])), "the refund")
    print(f"ok    root and claims; owed {vote['owed']} + refund {refund} + fees {sum(fees.values())} = escrow {escrow}")


if __name__ == "__main__":
    check(Path(sys.argv[1]), sys.argv[2])
