"""What the core declares: the texts of its issues and the keys of its rules, gathered from every room in one place.

Called by the composition root and by whoever shows issues. Rooms are named here, not imported, so that those who lie
below some of them may ask; a room that has neither file declares nothing.
"""

from functools import cache
from importlib import import_module
from importlib.util import find_spec

from zhiyuan import policy
from zhiyuan.kernel.i18n import CORE_DOMAIN
from zhiyuan.kernel.issues import IssueTexts
from zhiyuan.policy import catalogue
from zhiyuan.words import WORDS

ROOMS = (
    "policy", "regions", "people", "organizations", "sites", "accounts", "activities", "records", "imports", "host", "web", "api"
)  # fmt: skip

SPEAKERS = ("kernel.commands", "kernel.text", *(f"{room}.issues" for room in ROOMS))
"""Modules that may hold ``ISSUES``."""

RULERS = tuple(f"{room}.policy" for room in ROOMS if room != "policy")
"""Modules that may hold ``RULES``. The room ``policy`` is the engine and rules nothing itself."""


@cache
def issue_texts() -> IssueTexts:
    """Return the texts of every issue of the core; plugins add theirs when they are loaded."""
    texts = IssueTexts()
    for name in SPEAKERS:
        if find_spec(f"zhiyuan.{name}") is not None:
            texts.declare(CORE_DOMAIN, import_module(f"zhiyuan.{name}").ISSUES)
    for kind, words in WORDS.items():
        texts.declare_words(CORE_DOMAIN, kind, words)
    return texts


@cache
def declare_rules() -> None:
    """Make every rule key of the core known to the rules engine; doing it again changes nothing."""
    for name in RULERS:
        if find_spec(f"zhiyuan.{name}") is not None:
            policy.declare("core", import_module(f"zhiyuan.{name}").RULES)
    policy.declare(catalogue.OWNER, catalogue.catalogue())
