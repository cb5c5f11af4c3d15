"""What a recipe must offer: a model's shape and start, local training, and the losses that value it."""

from collections.abc import Callable
from typing import Protocol

from fedmarket.domain.rates import exact
from fedmarket.domain.recipe_choice import RecipeChoice
from fedmarket.domain.terms import DataSchema, Training
from fedmarket.learning.hidden_layer import HiddenLayer
from fedmarket.learning.linear_map import LinearMap
from fedmarket.learning.network_recipe import NetworkRecipe
from fedmarket.learning.objectives import CrossEntropy, Objective, SquaredError
from fedmarket.learning.table import FloatArray, IntVector, Table
from fedmarket.learning.tensors import Tensors, TensorSpec
from fedmarket.valuation.path import Path


class Recipe(Protocol):
    """A declarative model family; n rows, c classes, p parameters; vectors follow the sorted names.

    Models are float32 tensors of `spec`; `losses`, `fold_gradients` and `predictions` also take float64
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

    @property
    def objective(self) -> Objective:
        """What the outputs mean, and the loss that is trained on and paid by."""
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
        """Return each row's loss (n,): nats, or squares of the standardised target."""
        ...

    def coalition_losses(
        self, base: FloatArray, shares: FloatArray, table: Table
    ) -> Callable[[FloatArray], FloatArray]:
        """Return a function from coalitions (m, k) of zeros and ones to mean losses (m,).

        The models are base (p,) + coalition @ shares (k, p); what they have in common is computed once.
        """
        ...

    def fold_gradients(self, model: Tensors, table: Table, folds: IntVector) -> FloatArray:
        """Return each fold's gradient of its mean loss, (folds, p); `folds` (n,) numbers every row's fold."""
        ...

    def path_gradients(self, start: Tensors, end: Tensors, path: Path, table: Table, folds: IntVector) -> FloatArray:
        """Return the mean of `fold_gradients` over the models start + t (end - start) of `path`, (folds, p)."""
        ...

    def predictions(self, model: Tensors, table: Table) -> FloatArray:
        """Return the probability of every class for every row, (n, c); or the predicted standardised target, (n,)."""
        ...


def build_recipe(choice: RecipeChoice, schema: DataSchema) -> Recipe:
    """Return the terms' recipe for data of `schema`; raises TermsError for one that is unknown or wrongly set."""
    name, features = choice.checked().name, len(schema.features)
    objective = _objective(schema)
    if name == "mlp":
        return NetworkRecipe(name, HiddenLayer(features, choice.hidden, objective.outputs), objective)
    return NetworkRecipe(name, LinearMap(features, objective.outputs), objective)


def _objective(schema: DataSchema) -> Objective:
    if schema.regression:
        return SquaredError(float(exact("target_scale", schema.target_scale)))
    return CrossEntropy(len(schema.classes))


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
