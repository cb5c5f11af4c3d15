"""Tasks played into a folder and exported, to be audited whole or spoiled."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

from fedmarket.audit.checks import CHECKS
from fedmarket.audit.run import BLOCKED, FAIL, PASS, Check, audit_export
from fedmarket.chain.port import SINK
from fedmarket.chain.simulated import SimulatedChain
from fedmarket.record.export import STORE, Export, write_export
from fedmarket.store.folder import FolderStore
from tests.agents.story import Cast, Watch
from tests.simulation.world import OPTIONS, World


def exported(
    folder: Path,
    cast: Cast | None = None,
    *,
    options: Mapping[str, Any] | None = None,
    watch: Watch = lambda world: None,
    **fields: Any,
) -> World:
    """Play a task with its blobs in `folder`/store, and write its events beside them."""
    store = FolderStore(folder / STORE, durable=False)
    chosen = replace(fields.pop("base", OPTIONS), **(options or {}))
    world = World(SimulatedChain(genesis_time=1000), options=chosen, cast=cast or {}, store=store, **fields)
    events = tuple(world.settle(Random(0), watch).fold.events)
    write_export(folder, Export(world.chain.chain_id, world.chain.market, SINK, events))
    return world


def statuses(checks: tuple[Check, ...]) -> dict[str, str]:
    return {check.name: check.status for check in checks}


def waiting_for(name: str) -> set[str]:
    """Return the checks that cannot run once `name` has failed, directly or by way of others."""
    waiting: set[str] = set()
    for row in CHECKS:
        if waiting & set(row.after) or name in row.after:
            waiting.add(row.name)
    return waiting


def require_first_failure(checks: tuple[Check, ...], name: str) -> None:
    """Require that `name` alone fails, all that waits for it says so, and all the rest passes."""
    waiting = waiting_for(name)
    expected = {row.name: BLOCKED if row.name in waiting else PASS for row in CHECKS} | {name: FAIL}
    found = statuses(checks)
    assert found == expected, [(check.name, check.status, check.detail) for check in checks if check.status == FAIL]
    for check in checks:
        if check.status == BLOCKED:
            assert check.waits_for == name
            assert name in check.detail


def require_clean(folder: Path, secret: bytes | None) -> tuple[Check, ...]:
    checks = audit_export(folder, 1, secret)
    assert {check.status for check in checks} == {PASS}, [(c.name, c.detail) for c in checks if c.status != PASS]
    return checks
