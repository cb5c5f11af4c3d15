"""Which licence a listing names: an id of the SPDX list, or a text of the owner's own by its hash."""

import re
from difflib import get_close_matches
from functools import cache
from importlib.resources import files

OWN = re.compile(r"LicenseRef-[A-Za-z0-9.-]{1,64}")
"""How SPDX names a licence that is not on its list (SPDX 2.3, annex D)."""


@cache
def spdx_ids() -> frozenset[str]:
    """Return the ids on the SPDX list that is vendored here, without deprecated ones."""
    text = files("fedmarket.domain").joinpath("spdx_ids.txt").read_text(encoding="ascii")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def is_own(identifier: str) -> bool:
    """Tell whether an id names a text of the owner's own."""
    return OWN.fullmatch(identifier) is not None


def near(identifier: str) -> str:
    """Return the ids that somebody may have meant, most alike first, in one sentence's list."""
    by_lower = {known.lower(): known for known in sorted(spdx_ids())}
    found = get_close_matches(identifier.lower()[:64], by_lower, n=3, cutoff=0.6)
    return ", ".join(by_lower[name] for name in found) or "CC-BY-4.0, CDLA-Permissive-2.0, ODbL-1.0"
