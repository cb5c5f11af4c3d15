"""The audit of an export beside its chain."""

from pathlib import Path
from typing import TYPE_CHECKING

from fedmarket.domain.errors import UsageError

if TYPE_CHECKING:
    from fedmarket.audit.run import Check
    from fedmarket.record.export import Export


def audit_on_chain(
    folder: Path, task: int, secret: bytes | None, now: int, rpc: str, deployment: Path | None
) -> "tuple[Check, ...]":
    """Audit one task and compare its export with the chain at `rpc`.

    The chain is read from the deployment's first block where one is named, else from the export's first event: a
    market numbers its tasks from 1, so that nothing before it can be left out unseen. Raises UsageError where the
    deployment names another market, ChainError where the chain does not answer or is another one.
    """
    from fedmarket.audit.run import audit_export
    from fedmarket.audit.witness import audit_with_witness
    from fedmarket.chain.rpc import connect
    from fedmarket.chain.witness import ChainWitness
    from fedmarket.record.export import read_export

    try:
        export = read_export(folder)
    except UsageError:
        # The audit says what is wrong with it, in its first check.
        return audit_export(folder, task, secret, now)
    first = _first_block(export, deployment)
    witness = ChainWitness(connect(rpc), export.chain_id, export.contract, first)
    return audit_with_witness(folder, task, secret, witness, now)


def _first_block(export: "Export", deployment: Path | None) -> int:
    from fedmarket.chain.deployment import read_deployment

    exported = export.events[0].block if export.events else 0
    if deployment is None:
        return exported
    named = read_deployment(deployment)
    if (named.chain_id, named.market) != (export.chain_id, export.contract):
        raise UsageError("deployment.other_market", path=deployment, named=named.market, exported=export.contract)
    return min(named.first_block, exported)
