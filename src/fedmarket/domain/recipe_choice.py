"""Which recipe a task trains by: a name and its parameters, written on one line as "softmax" or "mlp:32"."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from fedmarket.domain.errors import TermsError

RECIPES: Mapping[str, tuple[str, ...]] = {"softmax": (), "linear": (), "mlp": ("hidden",)}
"""The built-in recipes and the names of their parameters."""
CLASSES_ONLY = ("softmax",)
NUMBERS_ONLY = ("linear",)
MAX_HIDDEN = 2**16
COUNT = re.compile(r"[1-9][0-9]{0,8}")


@dataclass(frozen=True)
class RecipeChoice:
    """A recipe by name; parameters are whole numbers as strings."""

    name: str
    parameters: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(cls, text: str) -> "RecipeChoice":
        """Read "name" or "name:value,value", values in the order of `RECIPES`; `checked` judges them.

        Raises TermsError where the recipe is unknown or takes another number of values.
        """
        name, mark, rest = text.partition(":")
        values = tuple(rest.split(",")) if mark else ()
        names = _parameters_of(name)
        if len(values) != len(names):
            raise _wrong_parameters(name)
        return cls(name, tuple(zip(names, values, strict=True)))

    def checked(self) -> "RecipeChoice":
        """Return the choice itself; raises TermsError where the recipe is unknown or its parameters are not its own."""
        names = _parameters_of(self.name)
        if tuple(name for name, _ in self.parameters) != names:
            raise _wrong_parameters(self.name)
        for name, text in self.parameters:
            if not COUNT.fullmatch(text) or int(text) > MAX_HIDDEN:
                raise TermsError(
                    "terms.bad_recipe_parameter", recipe=self.name, name=name, text=text[:40], limit=MAX_HIDDEN
                )
        return self

    def model_cells(self, features: int, outputs: int) -> int:
        """Return how many numbers the model has, for so many features and outputs."""
        if self.name != "mlp":
            return (features + 1) * outputs
        return (features + 1) * self.hidden + (self.hidden + 1) * outputs

    @property
    def hidden(self) -> int:
        """The number of hidden units of an "mlp"."""
        return int(dict(self.parameters)["hidden"])

    def __str__(self) -> str:
        values = ",".join(text for _, text in self.parameters)
        return f"{self.name}:{values}" if values else self.name


def _parameters_of(name: str) -> tuple[str, ...]:
    if name not in RECIPES:
        raise TermsError("terms.unknown_recipe", name=name[:40], known=", ".join(RECIPES))
    return RECIPES[name]


def _wrong_parameters(name: str) -> TermsError:
    form = name + ":" * bool(RECIPES[name]) + ",".join(f"<{each}>" for each in RECIPES[name])
    return TermsError("terms.bad_recipe_parameters", name=name, form=form)
