"""The rules engine: typed keys, values by place and date, and the reasons behind each.

No threshold, deadline or age stands in code: it is a :class:`RuleKey` with a default. Other rooms declare keys, and ask
for the value in force at a chain of places on a date. This room knows nothing of regions, organizations or sites: a
place is a word, and the chain of places is handed in.
"""

from zhiyuan.policy.engine import explain, fingerprint, is_set_anywhere, resolve
from zhiyuan.policy.explanation import Explanation, ExplanationLink
from zhiyuan.policy.keys import Mark, MergeWord, PlaceChain, RuleKey
from zhiyuan.policy.registry import declare, declared, declared_key, owner_of

__all__ = [
    "Explanation",
    "ExplanationLink",
    "Mark",
    "MergeWord",
    "PlaceChain",
    "RuleKey",
    "declare",
    "declared",
    "declared_key",
    "explain",
    "fingerprint",
    "is_set_anywhere",
    "owner_of",
    "resolve",
]
