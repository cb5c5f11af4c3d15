"""How large the blobs that a manifest names can be: nobody reads more than that of what a stranger stored."""

from fedmarket.domain.constants import CONSTANTS_BYTES, SUMMARY_BYTES
from fedmarket.domain.manifest import Manifest
from fedmarket.domain.terms import Terms
from fedmarket.learning.bundle import COUNT, LENGTH
from fedmarket.learning.recipe import build_recipe
from fedmarket.learning.update import payload_limit


def largest(terms: Terms, manifest: Manifest, kind: str, providers: int) -> int:
    """Return the most bytes that the plaintext of one kind of a manifest's blobs (`domain.ask.KINDS`) can have.

    `providers` joined: a manifest that lists more is not believed.
    """
    if kind == "constants":
        return CONSTANTS_BYTES
    if kind == "summaries":
        return COUNT.size + providers * (LENGTH.size + SUMMARY_BYTES)
    spec = build_recipe(terms.recipe, terms.data).spec
    if kind == "model":
        return spec.encoded_bytes
    if kind == "aggregate":
        return spec.of("I64").encoded_bytes
    return COUNT.size + min(len(manifest.updates), providers) * (LENGTH.size + payload_limit(spec.of("I32")))
