"""The state machine: Hypothesis chooses the steps, and looks for a shorter run where one fails."""

from contextlib import ExitStack

from hypothesis import event, note
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.contracts.stateful.chain_side import ChainSide
from tests.contracts.stateful.choice import Dice
from tests.contracts.stateful.player import RUNNING, Player
from tests.contracts.stateful.session import Session

from fedmarket.domain.lifecycle import FINAL

SEEDS = st.integers(0, 2**32 - 1)


class MarketMachine(RuleBasedStateMachine):
    """Plays one market: the reference alone, or with the contract following it where there is a chain."""

    chain: ChainSide | None = None

    def __init__(self) -> None:
        super().__init__()
        session = Session(self.chain)
        session.tell = note
        self.player = Player(session, Dice(0))
        self.undo = ExitStack()
        if self.chain:
            self.undo.enter_context(self.chain.anchor())

    @initialize(run=SEEDS)
    def the_first_task_is_opened(self, run: int) -> None:
        self.player.dice = Dice(run)
        self.player.open(0)

    @precondition(lambda machine: machine.player.has_room())
    @rule(seed=SEEDS)
    def a_task_is_opened(self, seed: int) -> None:
        self.player.open(seed)

    @rule(seed=SEEDS)
    def time_passes(self, seed: int) -> None:
        self.player.wait(seed)

    @rule(seed=SEEDS)
    def somebody_does_something_sensible(self, seed: int) -> None:
        self.player.act(seed)

    @rule(seed=SEEDS)
    def somebody_errs(self, seed: int) -> None:
        self.player.err(seed)

    @precondition(lambda machine: bool(machine.player.tasks_in(*RUNNING)))
    @rule(seed=SEEDS)
    def a_task_goes_on(self, seed: int) -> None:
        self.player.go_on(seed)

    @precondition(lambda machine: bool(machine.player.tasks_in(*RUNNING)))
    @rule(seed=SEEDS)
    def a_task_goes_on_again(self, seed: int) -> None:
        self.player.go_on(seed)

    @precondition(lambda machine: bool(machine.player.tasks_in(*FINAL)))
    @rule(seed=SEEDS)
    def some_collect(self, seed: int) -> None:
        self.player.collect(seed)

    @rule(seed=SEEDS)
    def a_stranger_could_empty_the_market(self, seed: int) -> None:
        self.player.rehearse_the_end(seed)

    @invariant()
    def every_invariant_holds(self) -> None:
        self.player.check()

    def teardown(self) -> None:
        """Empty the market for good, and report what the run came to."""
        with self.undo:
            self.player.end()
        for name in self.player.session.reached:
            event(name)


def machine_on(chain: ChainSide) -> type[MarketMachine]:
    """Return the machine that a deployed contract follows."""
    return type("ContractMachine", (MarketMachine,), {"chain": chain})
