"""What kinds of jobs there are: declared by their owners, once, at start."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from zhiyuan.kernel.clock import EPOCH

if TYPE_CHECKING:
    from zhiyuan.kernel.jobs.running import JobRun

Handler = Callable[["JobRun"], Mapping[str, Any] | None]
"""Does the work of one job and returns what is kept as its result: plain JSON, no protected personal field."""


@dataclass(frozen=True, slots=True)
class JobSpec:
    """One kind of job.

    ``kind`` is ``<room or plugin>.<verb>``. ``cron`` (five fields, read in ``zone``, an IANA name) makes it recur;
    instants missed while no worker ran are made up for once, by the latest of them. ``lease_seconds`` is how long a
    dead worker's job stays unclaimed; ``time_limit_seconds`` how long a handler may go without a ``step`` before its
    lease is let go. ``max_attempts`` counts failures in a row without progress.
    """

    kind: str
    run: Handler
    doc: str
    cron: str | None = None
    zone: str = "UTC"
    max_attempts: int = 5
    lease_seconds: float = 60.0
    time_limit_seconds: float = 3600.0

    def __post_init__(self) -> None:
        if "." not in self.kind:
            raise ValueError(f"job kind {self.kind!r}: write it as room.verb")
        if self.cron is not None:
            try:
                CronSim(self.cron, EPOCH.astimezone(ZoneInfo(self.zone)))
            except CronSimError as error:
                raise ValueError(f"job {self.kind!r}: {self.cron!r} is no cron expression") from error


class JobRegistry:
    """All kinds of jobs that this process can run."""

    def __init__(self) -> None:
        self._specs: dict[str, JobSpec] = {}

    def declare(self, owner: str, specs: Iterable[JobSpec]) -> None:
        """Add ``specs`` of ``owner`` (a room or a plugin id). Raises ValueError for a kind declared twice."""
        for spec in specs:
            if self._specs.get(spec.kind, spec) is not spec:
                raise ValueError(f"job kind {spec.kind!r} of {owner!r} is declared already")
            self._specs[spec.kind] = spec

    def __getitem__(self, kind: str) -> JobSpec:
        """Return the spec of ``kind``. Raises KeyError when nobody declared it."""
        return self._specs[kind]

    def kinds(self) -> tuple[str, ...]:
        """Return every declared kind, sorted."""
        return tuple(sorted(self._specs))

    def recurring(self) -> tuple[JobSpec, ...]:
        """Return the specs that recur, sorted by kind."""
        return tuple(self._specs[kind] for kind in self.kinds() if self._specs[kind].cron is not None)
