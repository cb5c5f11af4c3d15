"""What a recipe must offer: a model's shape and start, local training, and the losses that value it."""

from collections.abc import Callable, Mapping
from typing import Protocol

from fedmarket.domain.errors import TermsError
from fedmarket.domain.rates import exact
from fedmarket.domain.terms import DataSchema, Training
from fedmarket.learning.softmax import Softmax
from fedmarket.learning.table import FloatArray, IntVector, Table
from fedmarket.learning.tensors import Tensors, TensorSpec


class Recipe(Protocol):
    """A declarative model family; n rows, c classes, p parameters; vectors follow the sorted names.

    Models are float32 tensors of `spec`; `losses`, `fold_gradients` and `probabilities` also take float64
    ones, for points between two models.
    """

    @property
    def name(self) -> str:
        """The recipe's name in the terms."""
        ...

    @property
    def spec(self) -> TensorSpec:
        """Names and shapes of the model's tensors, dtype F32."""
        ...

    def init(self, seed: int) -> Tensors:
        """Return the initial model that `seed` stands for."""
        ...

    def train(
        self,
        model: Tensors,
        table: Table,
        *,
        steps: int,
        batch: int,
        learning_rate: float,
        momentum: float,
        seed: int,
        proximal: float = 0.0,
    ) -> Tensors:
        """Return `model` after `steps` local steps on `batch` rows each; `model` itself stays as it is.

        `proximal` is FedProx's mu >= 0: every gradient gains mu x (w - w_start), that of mu / 2 x |w - w_start|^2
        (Li et al. 2020, "Federated optimization in heterogeneous networks"); 0 leaves it out.
        """
        ...

    def losses(self, model: Tensors, table: Table) -> FloatArray:
        """Return each row's loss (n,), in nats."""
        ...

    def mean_losses(self, points: FloatArray, table: Table) -> FloatArray:
        """Return the mean loss (m,) of each of the flattened models `points` (m, p), all in one batch."""
        ...

    def fold_gradients(self, model: Tensors, table: Table, folds: IntVector) -> FloatArray:
        """Return each fold's gradient of its mean loss, (folds, p); `folds` (n,) numbers every row's fold."""
        ...

    def probabilities(self, model: Tensors, table: Table) -> FloatArray:
        """Return the probability of every class for every row, (n, c)."""
        ...


RECIPES: Mapping[str, Callable[[DataSchema], Recipe]] = {
    "softmax": lambda schema: Softmax(len(schema.features), len(schema.classes)),
}


def build_recipe(name: str, schema: DataSchema) -> Recipe:
    """Return the terms' recipe for data of `schema`; raises TermsError, naming those known, for another."""
    if name not in RECIPES:
        raise TermsError("terms.unknown_recipe", name=name[:40], known=", ".join(RECIPES))
    return RECIPES[name](schema)


def train_locally(
    recipe: Recipe, model: Tensors, table: Table, training: Training, seed: int, proximal: float = 0.0
) -> Tensors:
    """Train `model` as the terms say; their rates are exact decimal strings, rounded once to float64.

    `proximal` is the strategy's FedProx mu, as in `Recipe.train`.
    """
    return recipe.train(
        model,
        table,
        steps=training.steps,
        batch=training.batch,
        learning_rate=float(exact("learning_rate", training.learning_rate)),
        momentum=float(exact("momentum", training.momentum)),
        seed=seed,
        proximal=proximal,
    )
