"""What another system calls a thing of ours."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class ExternalId:
    """A name given elsewhere: ``scheme`` says by whom (``paws``, ``nyc-service``), ``value`` what it is there.

    ``scheme`` has 1..60 and ``value`` 1..200 characters; both are kept as they came, and compared exactly. The pair
    names at most one thing of each kind, which is what lets the same file come in twice without effect.
    """

    scheme: str
    value: str
