"""How much the random actors play: a quick profile by default, a deep one where FEDMARKET_STATEFUL says so."""

import os

from hypothesis import HealthCheck, settings

QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)

settings.register_profile("quick", deadline=None, derandomize=True, suppress_health_check=QUIET)
settings.register_profile("deep", deadline=None, print_blob=True, suppress_health_check=QUIET)
