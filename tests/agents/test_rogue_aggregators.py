"""An aggregator that breaks a rule loses its bond and what comes after; everybody is paid for the rounds before."""

import pytest

from fedmarket.domain.lifecycle import Status
from tests.agents import rogue_aggregators as rogues
from tests.agents.rogue_aggregators import Rogue
from tests.agents.story import AGGREGATOR_BOND, AGGREGATOR_FEE, EVALUATOR_FEE, Story, play

ROGUES: dict[type[Rogue], str] = {
    rogues.AddsUpWrongly: "round.wrong_aggregate",
    rogues.CommitsAnotherModel: "round.wrong_model",
    rogues.CommitsNoNumbers: "update.nan",
    rogues.WithholdsBundle: "store.missing",
    rogues.WithholdsModel: "store.missing",
    rogues.WithholdsManifest: "store.missing",
    rogues.LocksEvaluatorsOut: "age.not_for_us",
    rogues.ServesAnEndlessBundle: "store.too_large",
    rogues.InvitesStranger: "round.stranger",
    rogues.CountsTwice: "round.provider_twice",
    rogues.MiscountsDeliveries: "round.wrong_counts",
    rogues.FavoursOne: "round.wrong_weight",
    rogues.ForgesSignature: "round.wrong_signature",
    rogues.MisnamesBase: "round.wrong_field",
}
