"""A second opinion on a settled task, written from the design: it shares no line with the package that made the record.

    fedmarket audit RECORD --task 1 --key EVALUATOR.key --open OPENED; python tests/independent/check.py OPENED 1

For recipes softmax and linear, plain averaging and allow-lists; signatures are left to the audit. Money: money.py.
Prints a line a check, exits with 1 at the first thing that does not hold, and with 3 where the task is of another kind.
"""

import json
import sys
from collections import defaultdict
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.independent.money import PPB, agree, check_payments, credited, need, not_covered, root_of

QUANTA, NODES = 2**24, 200


def hashed(data: bytes) -> str:
    return f"0x{sha256(data).hexdigest()}"


def packed(v: Any, kind: str, c: int) -> bytes:
    parts, n = {"bias": ([c], 0, c), "weight": ([v.size // c - 1, c], c, v.size)}, v.itemsize
    head = {k: {"dtype": kind, "shape": s, "data_offsets": [i * n, j * n]} for k, (s, i, j) in parts.items()}
    text = json.dumps(head, separators=(",", ":"))
    text += " " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text.encode() + bytes(v.tobytes())


def check(folder: Path, number: str) -> None:
    def plain(name: str) -> bytes:
        path = folder / "plain" / name[2:]
        need(path.is_file() and hashed(path.read_bytes()) == name, f"a document hashes to {name}")
        return path.read_bytes()

    export: dict[str, Any] = json.loads((folder / "events.json").read_bytes())
    said: defaultdict[str, list[Any]] = defaultdict(list)
    for event in export["events"]:
        said[event["name"]] += [event["fields"]] if event["fields"].get("task") == number else []
    if not said["TaskSettled"]:
        not_covered("a task that is not settled by agreement")
    (opened,), (settled,), rounds = said["TaskOpened"], said["TaskSettled"], said["RoundCommitted"]
    terms, chain, vote = json.loads(plain(opened["terms_hash"])), opened["terms"], settled["vote"]
    numbers, recipe = terms | terms["admission"] | terms["money"], terms["recipe"]["name"]
    weight, price = ({row["account"]: int(row[k]) for row in said["Joined"]} for k in ("weight", "price"))
    R, b, goal = int(vote["rounds_verified"]), int(vote["best_round"]), terms["goal"]
    if not numbers["listed"] or terms["data"].get("bounds"):
        not_covered("open admission" if not numbers["listed"] else "constants that come from the providers")
    kind = (terms["strategy"]["name"], terms["aggregation"]["name"])
    if recipe not in ("softmax", "linear") or kind != ("fedavg", "mean"):
        not_covered(f"recipe {recipe} under {kind[0]} and rule {kind[1]}")
    need(all(str(numbers[k]) == v for k, v in chain.items() if k in numbers and type(v) is str), "the contract's terms")
    listed = [(line["account"], line["weight"], int(line["price"])) for line in numbers["listed"]]
    seats = [seat["account"] for seat in terms["evaluators"]]
    need(seats == chain["evaluators"], "the contract holds the evaluators' seats")
    need(root_of("address uint256 uint256", listed) == chain["admission_root"], "the allow-list's root")
    need(all((a, weight[a], price[a]) in listed for a in weight), "who joined is on the allow-list")
    print("ok    the terms hash to their id, and the contract and who joined keep them")

    c, d = len(terms["data"]["classes"]) or 1, len(terms["data"]["features"])
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
    x = np.frombuffer(data[: -8 * n], "<f8").reshape(n, d)
    x = np.c_[np.ones(n), (x - np.array(terms["data"]["means"], float)) / np.array(terms["data"]["scales"], float)]
    mean, scale = (float(terms["data"][k]) for k in ("target_mean", "target_scale"))
    aim = (np.frombuffer(data[-8 * n :], "<f8") - mean) / scale
    hot = np.eye(c)[np.frombuffer(data[-8 * n :], "<i8")] if recipe == "softmax" else aim[:, None]

    def outputs(v: Any) -> Any:
        out = x @ v.astype(float).reshape(-1, c)
        return out - np.logaddexp.reduce(out, axis=1, keepdims=True) if recipe == "softmax" else out

    def loss(v: Any) -> Any:
        return -(outputs(v) * hot).sum() / n if recipe == "softmax" else ((outputs(v) - hot) ** 2).sum() / n

    def slope(v: Any) -> Any:
        return (x.T @ (np.exp(outputs(v)) - hot if recipe == "softmax" else 2 * (outputs(v) - hot))).ravel() / n

    reference = -sum(p * np.log(p) for p in hot.mean(axis=0) if p) if recipe == "softmax" else hot.var()
    skills, phi = [PPB * (1 - loss(v) / reference) for v in models], dict.fromkeys(weight, 0.0)
    for r, share in enumerate(parts[:b]):
        step = models[r + 1].astype(float) - models[r]
        way = sum(slope(models[r] + (node + 0.5) / NODES * step) for node in range(NODES)) * PPB / (NODES * reference)
        phi = {a: value - float(way @ share[a]) if a in share else value for a, value in phi.items()}
    need(abs(skills[0] - goal["start_ppb"]) <= goal["tolerance_ppb"], "the starting skill")
    print(
        f"ok    skill from {skills[0] / PPB:.3f} to {skills[b] / PPB:.3f} and {len(phi)} contributions, measured anew"
    )

    agreed = agree(export, said, terms)
    far = np.abs(np.subtract([*skills, *phi.values()], agreed[3:])) > goal["tolerance_ppb"]
    need(not far.any(), "the agreed skills and scores")
    last = {a for a in weight if R and a in parts[R - 1]}
    extra = credited(said, terms, agreed, last)
    check_payments(said, terms, agreed, {a: times + extra.get(a, 0) for a, times in counts.items()})


if __name__ == "__main__":
    check(Path(sys.argv[1]), sys.argv[2])
