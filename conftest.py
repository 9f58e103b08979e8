"""Settings that every test of the repository shares, wherever its folder is.

Fixtures live in `zhiyuan.testing`, which plugin authors have too; nothing is defined here that a plugin
outside this repository could not reach.
"""

import os

from hypothesis import HealthCheck, settings

# Examples are drawn from the test's own text, so that a failure in CI is the failure at the desk.
# `thorough` is for the person who changed a rule: HYPOTHESIS_PROFILE=thorough make test ARGS=core/tests/records
settings.register_profile(
    "fixed", derandomize=True, deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("thorough", deadline=None, max_examples=2000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fixed"))
