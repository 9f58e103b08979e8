"""Whether there is a PostgreSQL server to test on, and how it is named.

Tests read ZHIYUAN_TEST_POSTGRES_URL and make databases of their own on that server; without the variable they
run on SQLite alone. This module decides whether the variable is set for a run.
"""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass

from tools.environment import Environment

VARIABLE = "ZHIYUAN_TEST_POSTGRES_URL"
LOOPBACK = "postgresql+psycopg://postgres@127.0.0.1:5432/postgres"

_QUESTION = """
import sys, psycopg
with psycopg.connect(sys.argv[1].replace("postgresql+psycopg:", "postgresql:", 1), connect_timeout=3) as c:
    print(c.execute("show server_version").fetchone()[0])
"""


@dataclass(frozen=True)
class Server:
    """A server's answer: `url` is empty and `sentence` says why when there is none."""

    url: str
    sentence: str


def is_required(variables: Mapping[str, str]) -> bool:
    """Whether an absent server is a failure: asked for, named by hand, or in CI."""
    if variables.get("ZHIYUAN_REQUIRE_POSTGRES") == "1" or variables.get(VARIABLE):
        return True
    return variables.get("CI", "").lower() in ("1", "true", "yes")


def find(environment: Environment, variables: Mapping[str, str] = os.environ) -> Server:
    """Ask the named server, or the one on this machine, for its version."""
    url = variables.get(VARIABLE) or LOOPBACK
    answer = subprocess.run(
        [environment.python, "-c", _QUESTION, url], capture_output=True, text=True, check=False, timeout=30
    )
    if answer.returncode == 0:
        return Server(url, f"PostgreSQL {answer.stdout.strip()}: tested as well as SQLite.")
    fate = "FAIL" if is_required(variables) else "are SKIPPED"
    return Server("", f"PostgreSQL: no server answers ({VARIABLE} names another one). Its tests {fate}.")
