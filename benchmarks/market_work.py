"""What the market itself does with one update, stage by stage, against hashing and encrypting its bytes once."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import numpy as np
import pyrage  # type: ignore[import-untyped]

from benchmarks.command import run
from benchmarks.result import Found, Size, Table, Verdict
from benchmarks.timing import Stages, timed
from fedmarket.domain.accounts import address_of, checksum
from fedmarket.domain.typed_data import SigningDomain
from fedmarket.learning.bundle import pack_bundle
from fedmarket.learning.fixed_point import QUANTA, quantise_change
from fedmarket.learning.gate import GateContext, admit
from fedmarket.learning.tensors import Tensors, TensorSpec
from fedmarket.learning.update import make_payload, payload_limit
from fedmarket.record.admission import header_for
from fedmarket.store.age import AgeIdentity, decrypt, encrypt
from fedmarket.store.folder import FolderStore

BOUND = 3.0
SIZES = {Size.FULL: {"160k": 160_000, "11m": 11_000_000}, Size.QUICK: {"160k": 160_000}}
SECRET = sha256(b"benchmark provider").digest()
CONTRACT = checksum("0x" + "11" * 20)
JUDGED = "11m"
DURABLE, VOLATILE = "durable", "volatile"


def measure(size: Size, seed: int) -> Found:
    """Take updates of each size through all stages, beside the plain work on the same bytes."""
    repeats = {"160k": 41, "11m": 9} if size is Size.FULL else {"160k": 3}
    tables, totals, verdicts = [], [], []
    for name, parameters in SIZES[size].items():
        work = [_one_size(parameters, repeats[name], seed, keep) for keep in (DURABLE, VOLATILE)]
        stages = zip(work[0].stages.items(), work[1].stages.values(), strict=True)
        rows = [(stage, 1000 * first, 1000 * second) for (stage, first), second in stages]
        tables.append(Table(f"stages_{name}", ("stage", "durable_ms", "volatile_ms"), tuple(rows)))
        totals += [
            (name, keep, 1000 * each.market, 1000 * each.plain, each.ratio)
            for keep, each in zip((DURABLE, VOLATILE), work, strict=True)
        ]
        # What is judged is work; how long a disk takes until all is safe on it stands beside. The bound is on large
        # updates: of small ones headers and folders are the greater part.
        if name == JUDGED:
            verdicts.append(Verdict(f"ratio_{name}", BOUND, work[1].ratio))
    columns = ("parameters", "store", "market_ms", "plain_ms", "ratio")
    return Found((Table("totals", columns, tuple(totals)), *tables), tuple(verdicts), {"repeats": repeats["160k"]})


class _Work:
    """Stages of the market's work, the plain work of the same turns, and the median ratio of the two."""

    def __init__(self, stages: Stages, plain: list[float]) -> None:
        self.stages = stages.medians()
        self.market = median(stages.totals())
        self.plain = median(plain)
        self.ratio = median(whole / each for whole, each in zip(stages.totals(), plain, strict=True))


def _one_size(parameters: int, repeats: int, seed: int, keep: str) -> _Work:
    """Measure turns of market and plain work in alternation; the first turn is not counted."""
    before, after = _models(parameters, seed)
    key = AgeIdentity.from_secret(SECRET)
    stages, plain = Stages(), []
    for turn in range(repeats + 1):
        with TemporaryDirectory() as folder:
            store = FolderStore(Path(folder), durable=keep == DURABLE)
            payload = _market(stages if turn else Stages(), store, key, before, after)
        plain += [_plain(payload)] * bool(turn)
    return _Work(stages, plain)


def _market(stages: Stages, store: FolderStore, key: AgeIdentity, before: Tensors, after: Tensors) -> bytes:
    """Take one update from two models to the stored bundle, as provider and aggregator do."""
    context = _context(before)
    update = stages.run("quantise", lambda: quantise_change(after, before, QUANTA))
    payload, _ = stages.run("sign", lambda: make_payload(header_for(context), update, SECRET))
    sealed = stages.run("encrypt", lambda: encrypt(payload, [key.public]))
    slot = f"31337/{CONTRACT}/1/1/0/{context.provider}"
    blob = stages.run("store", lambda: store.put_entry(slot, sealed))
    found = stages.run("fetch", lambda: store.get(blob, 2 * context.max_bytes))
    opened = stages.run("decrypt", lambda: decrypt(found, key, context.max_bytes))
    stages.run("gate", lambda: admit(opened, context))
    bundle = stages.run("bundle", lambda: pack_bundle([opened]))
    stages.run("bundle_hash", lambda: sha256(bundle).digest())
    closed = stages.run("bundle_encrypt", lambda: encrypt(bundle, [key.public]))
    stages.run("bundle_store", lambda: store.put(closed))
    return payload


def _plain(payload: bytes) -> float:
    """Return the seconds of one sha256, one age encryption and one decryption, called as a library offers them."""
    key = pyrage.x25519.Identity.generate()
    recipient = key.to_public()
    steps: list[Callable[[], object]] = [lambda: sha256(payload).digest()]
    encrypted: list[bytes] = []
    steps.append(lambda: encrypted.append(pyrage.encrypt(payload, [recipient])))
    steps.append(lambda: pyrage.decrypt(encrypted[0], [key]))
    return sum(timed(step)[0] for step in steps)


def _models(parameters: int, seed: int) -> tuple[Tensors, Tensors]:
    """Return a float32 model of two tensors, and the same after a step with a norm of one half."""
    random = np.random.default_rng(seed)
    shapes = {"weight": (parameters // 100, 99), "bias": (parameters - parameters // 100 * 99,)}
    before = {name: random.standard_normal(shape, np.float32) for name, shape in shapes.items()}
    scale = np.float32(0.5 / parameters**0.5)
    after = {name: array + scale * random.standard_normal(array.shape, np.float32) for name, array in before.items()}
    return before, after


def _context(model: Tensors) -> GateContext:
    spec = TensorSpec({name: array.shape for name, array in model.items()}, "F32")
    return GateContext(
        domain=SigningDomain(31337, CONTRACT),
        task=1,
        round=1,
        attempt=0,
        terms=sha256(b"terms").digest(),
        base_model=sha256(b"base").digest(),
        spec=spec,
        clip_quanta=QUANTA,
        max_bytes=payload_limit(spec.of("I32")),
        provider=address_of(SECRET),
    )


if __name__ == "__main__":
    run("market_work", measure)
