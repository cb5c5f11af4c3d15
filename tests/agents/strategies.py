"""Strategies and a robust rule that tasks of the tests name in their terms."""

from fedmarket.domain.terms import Aggregation, Strategy

FEDPROX = Strategy("fedprox", (("proximal_mu", "1"),))
FEDADAM, FEDYOGI, FEDADAGRAD = (Strategy(name, (("eta", "0.05"),)) for name in ("fedadam", "fedyogi", "fedadagrad"))
TRIMMED = Aggregation("trimmed_mean", (("trim", "0.34"),))
"""Cuts at each end as much as the heaviest of three providers of weights 10, 11 and 12 weighs, almost."""
