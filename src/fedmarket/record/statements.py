"""Statements for providers: made with an evaluator's key, signed, sealed to each provider, and found again by it."""

from collections.abc import Iterator

from fedmarket.domain.accounts import address_of, recover, sign
from fedmarket.domain.codec import Amount, Signed
from fedmarket.domain.errors import MarketError, RefusedError, UsageError
from fedmarket.domain.merkle import leaf_hash
from fedmarket.domain.outcome import Outcome, delivered_rounds
from fedmarket.domain.settlement import leaves
from fedmarket.domain.statement import ACCEPTED, MISSED, Measured, Money, Proof, RoundPart, Statement
from fedmarket.domain.typed_data import StatementMessage
from fedmarket.learning.metrics import measure
from fedmarket.learning.tensors import Tensors
from fedmarket.learning.without import RuleInUse, WithoutEach
from fedmarket.record.evaluation import by_constants_in_force, evaluate, open_validation
from fedmarket.record.facts import outcome, seat_keys, task_facts
from fedmarket.record.live import Record
from fedmarket.record.models import fresh_server, initial_model, recipe_of, rule_of
from fedmarket.record.notes import NOTE_LIMIT
from fedmarket.record.replay import CheckedRound
from fedmarket.record.sealed import AGE_OVERHEAD
from fedmarket.record.slots import entries, statement_slot
from fedmarket.store.age import AgeIdentity, decrypt, encrypt

SIGNATURE_BYTES = 65
STATEMENT_LIMIT = 1 << 18
"""Bytes of the largest statement that anybody reads: 1,000 rounds take about a quarter of it."""


def settled_outcome(record: Record, number: int) -> Outcome:
    """Return the settlement that was confirmed, computed again; raises UsageError where there is none."""
    view = record.task(number)
    found = outcome(record, number) if view.settled else None
    if found is None or found.vote != view.settled:
        raise UsageError("statement.not_settled", task=number, status=view.status.name)
    return found


def state(record: Record, number: int, found: Outcome, provider: str, measured: Measured) -> Statement:
    """Return a provider's statement; all of it but `measured` follows from what everybody can read.

    Raises UsageError where the account is no provider of the task, StoreError where a manifest is missing.
    """
    view, terms, table = record.task(number), record.terms(number), found.agreement.table
    accounts = [line.account for line in view.providers]
    if provider not in accounts:
        raise UsageError("statement.not_a_provider", account=provider, task=number, known=", ".join(accounts))
    joined = view.providers[accounts.index(provider)]
    rounds = tuple(RoundPart(line.number, _part(record, number, line.number, provider)) for line in view.rounds)
    delivered = delivered_rounds(task_facts(record, number), table).get(provider, 0)
    accepted = sum(line.outcome == ACCEPTED for line in rounds[: table.rounds_verified])
    return Statement(
        chain_id=record.chain.chain_id,
        contract=record.chain.market,
        task=number,
        terms=view.terms.terms_hash,
        requester=view.requester,
        provider=provider,
        weight=joined.weight,
        validation_rows=terms.validation.rows,
        rounds=rounds,
        rounds_verified=table.rounds_verified,
        best_round=table.best_round,
        credited=delivered - accepted,
        initial_ppb=Signed(terms.goal.start_ppb),
        final_ppb=Signed(table.final_ppb),
        target_ppb=terms.goal.target_ppb,
        score_ppb=Signed(table.scores[accounts.index(provider)] if delivered else 0),
        measured=measured,
        money=_money(found, provider, joined.bond, view.terms.performance),
        proof=_proof(found, accounts, provider),
    )


def _part(record: Record, number: int, round_number: int, provider: str) -> str:
    """Return the provider's outcome of a round; of one whose manifest nobody can read it is "missed"."""
    manifest = record.readable_manifest(number, round_number)
    if manifest is None:
        return MISSED
    if any(entry.provider == provider for entry in manifest.updates):
        return ACCEPTED
    return next((line.reason for line in manifest.exclusions if line.provider == provider), MISSED)


def _money(found: Outcome, provider: str, bond: int, performance: int) -> Money:
    paid = found.settlement
    return Money(
        pay=Amount(paid.pay[provider]),
        participation=Amount(paid.participation[provider]),
        owed=Amount(paid.owed[provider]),
        bond=Amount(bond),
        debit=Amount(paid.debit[provider]),
        forfeited=Amount(paid.forfeited.get(provider, 0)),
        released=Amount(paid.released),
        performance=Amount(performance),
    )


def _proof(found: Outcome, accounts: list[str], provider: str) -> Proof:
    leaf = next(leaf for leaf in leaves(found.settlement, accounts) if leaf[0] == provider)
    path = tuple(found.tree.proof(leaf))
    return Proof(leaf[3], leaf_hash(found.tree.types, leaf), path, found.tree.root)


def measure_each(record: Record, number: int, found: Outcome, identity: AgeIdentity) -> dict[str, Measured]:
    """Measure with an evaluator's key, for every provider, the contribution's error and the skill without it.

    Raises RefusedError where this replay comes to other rounds than those that were settled on.
    """
    terms, validation = record.terms(number), open_validation(record, number, identity)
    recipe, accounts = recipe_of(terms), [line.account for line in record.task(number).providers]
    table = by_constants_in_force(record, number, identity, validation)

    def skill_ppb(model: Tensors) -> int:
        return measure(recipe, model, table).skill_ppb

    used = RuleInUse(rule_of(terms), lambda: fresh_server(terms), terms.clip_quanta)
    without = WithoutEach(accounts, initial_model(terms), used, skill_ppb)

    def watch(checked: CheckedRound) -> None:
        weights = {entry.provider: entry.weight for entry in checked.manifest.updates}
        updates = {account: update.tensors for account, update in checked.updates.items()}
        without.add(checked.total, updates, weights, checked.manifest.delivered_weight)

    scores, agreed = evaluate(record, number, identity, validation, watch=watch), found.agreement.table
    if (scores.table.rounds_verified, scores.table.best_round) != (agreed.rounds_verified, agreed.best_round):
        raise RefusedError("statement.other_rounds", task=number)
    measured = {}
    for account in accounts:
        skill, best = without.best(account)
        measured[account] = Measured(Signed(scores.stderr_ppb.get(account, 0)), Signed(skill), best)
    return measured


def make_statements(record: Record, number: int, found: Outcome, identity: AgeIdentity) -> dict[str, Statement]:
    """Return every provider's statement, by account, measured with an evaluator's key. Raises as its parts do."""
    measured = measure_each(record, number, found, identity)
    return {account: state(record, number, found, account, each) for account, each in measured.items()}


def send_statement(record: Record, statement: Statement, secret: bytes, identity: AgeIdentity) -> bool:
    """Put a signed statement into its slot, sealed to the provider and to its writer; `secret` is an evaluator's key.

    Returns False, and does nothing, where nobody can encrypt to the provider's key. Raises StoreError.
    """
    readers = seat_keys(record.task(statement.task), [statement.provider])
    if not readers:
        return False
    signature = sign(_digest(record, statement), secret)
    slot = statement_slot(record, statement.task, address_of(secret), statement.provider)
    record.store.put_entry(slot, encrypt(signature + statement.encoded, [*readers, identity.public]))
    return True


def sent_statement(
    record: Record, number: int, found: Outcome, identity: AgeIdentity, evaluator: str, provider: str
) -> Statement | None:
    """Return the statement that `evaluator` signed for `provider`, None where the slot holds none that we can open.

    Anybody may write into a slot: what proves a statement is its signature, and only one that says what the record
    says is taken, so that an evaluator answers for what it measured and can invent nothing else.
    """
    for statement in _signed_statements(record, number, identity, evaluator, provider):
        if statement == state(record, number, found, provider, statement.measured):
            return statement
    return None


def _signed_statements(
    record: Record, number: int, identity: AgeIdentity, evaluator: str, provider: str
) -> Iterator[Statement]:
    for blob in entries(record, statement_slot(record, number, evaluator, provider), NOTE_LIMIT):
        try:
            entry = decrypt(record.store.get(blob, STATEMENT_LIMIT + AGE_OVERHEAD), identity, STATEMENT_LIMIT)
            statement = Statement.read(entry[SIGNATURE_BYTES:])
            if recover(_digest(record, statement), entry[:SIGNATURE_BYTES]) == evaluator:
                yield statement
        except MarketError:
            continue


def _digest(record: Record, statement: Statement) -> bytes:
    return StatementMessage(statement.task, statement.provider, statement.hash).digest(record.domain)
