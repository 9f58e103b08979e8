"""Run storms on both databases and write the report: ``python -m tools.chaos [--seconds N] [--report FILE]``."""

import argparse
import random
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tools.chaos.checker import faults
from tools.chaos.cluster import Cluster
from tools.chaos.journal import Journal
from tools.chaos.servers import Servers, wait_until_healthy
from tools.chaos.storm import prepare, rage
from tools.report import header

_SETTLE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Result:
    """One storm: what it was, what was killed, what was asked, what is wrong afterwards."""

    database: str
    servers: int
    seed: int
    seconds: float
    kills: dict[str, int]
    counts: dict[str, dict[str, int]]
    faults: list[str]


def main(arguments: list[str] | None = None) -> int:
    """Run every storm. Returns 0 when nothing is wrong, 1 otherwise."""
    parser = argparse.ArgumentParser(prog="python -m tools.chaos", description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each storm")
    parser.add_argument("--seed", type=int, default=20260302, help="of the kills and of what is asked")
    parser.add_argument("--database", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--servers", type=int, choices=(2, 4), action="append")
    parser.add_argument("--report", type=Path, help="write a Markdown report here")
    options = parser.parse_args(arguments)

    results = []
    for database in options.database or ("sqlite", "postgresql"):
        for count in options.servers or (2, 4):
            result = storm(database, count, seconds=options.seconds, seed=options.seed + count)
            results.append(result)
            print(_line(result), flush=True)
            for fault in result.faults[:20]:
                print("  FAULT:", fault, flush=True)
    if options.report is not None:
        options.report.write_text(_report(results), encoding="utf-8")
    kills = sum(sum(result.kills.values()) for result in results)
    found = sum(len(result.faults) for result in results)
    print(f"{len(results)} storms, {kills} kills, {found} faults")
    return 1 if found else 0


def storm(database: str, count: int, *, seconds: float, seed: int) -> Result:
    """Run one storm on ``count`` servers and a worker, and check what is left."""
    folder = Path(tempfile.mkdtemp(prefix="zhiyuan-chaos-"))
    cluster = Cluster(folder) if database == "postgresql" else None
    url = cluster.url if cluster else f"sqlite:///{folder / 'zhiyuan.sqlite3'}"
    servers = Servers(folder, url, count=count)
    kills: dict[str, int] = {}
    journal, chance = Journal(), random.Random(seed)  # noqa: S311  # repeatable, not secret
    try:
        token = servers.make_token()
        servers.start()
        ground = prepare(servers, token)
        servers.run("keys", "rotate")  # a long job that must survive, too

        calm = threading.Event()
        killer = threading.Thread(target=_kill, args=(servers, cluster, kills, chance, calm))
        killer.start()
        rage(servers, token, ground, journal, seconds=seconds, seed=seed)
        calm.set()
        killer.join()
        _settle(servers, url, journal)
        verified = servers.run_or_say("records", "verify")
        left = [*faults(url, journal), *([f"records verify: {verified}"] if verified else [])]
    finally:
        servers.stop()
        if cluster:
            cluster.stop()
    if left:
        (folder / "journal.json").write_text(journal.to_json(), encoding="utf-8")
        print(f"kept for inspection: {folder}", file=sys.stderr)
    return Result(database, count, seed, seconds, kills, journal.counts(), left)


def _kill(
    servers: Servers,
    cluster: Cluster | None,
    kills: dict[str, int],
    chance: random.Random,
    calm: threading.Event,
) -> None:
    while not calm.wait(chance.uniform(1.5, 4.0)):
        if cluster is not None and chance.random() < 0.3:
            cluster.kill()
            cluster.start()
            name = "postgresql"
        else:
            name = servers.kill_one(chance)
        kills[name] = kills.get(name, 0) + 1
        servers.revive()


def _settle(servers: Servers, url: str, journal: Journal) -> None:
    """Wait until the servers answer and the worker has nothing left to do, or time is up."""
    servers.revive()
    for address in servers.addresses:
        wait_until_healthy(address)
    deadline = time.monotonic() + _SETTLE_SECONDS
    while time.monotonic() < deadline:
        if not [fault for fault in faults(url, journal) if fault.startswith(("job ", "an event "))]:
            return
        time.sleep(1)


def _line(result: Result) -> str:
    answered = sum(n for row in result.counts.values() for status, n in row.items() if status != "unanswered")
    unanswered = sum(row.get("unanswered", 0) for row in result.counts.values())
    return (
        f"{result.database}, {result.servers} servers: {sum(result.kills.values())} kills, "
        f"{answered} requests answered, {unanswered} not, {len(result.faults)} faults"
    )


def _report(results: list[Result]) -> str:
    lines = [
        header("Chaos"),
        "Server processes and a worker on one database, storms of sign-ups, cancellations, check-ins, confirmations,",
        "corrections and voidings from many clients, and SIGKILL at random to any process, PostgreSQL included.",
        "Afterwards everything answered is held against the database, read by plain SQL.",
        "",
        "| Database | Servers | Seconds | Kills | Answered | Never answered | Faults |",
        "|---|---|---|---|---|---|---|",
    ]
    for result in results:
        unanswered = sum(row.get("unanswered", 0) for row in result.counts.values())
        asked = sum(sum(row.values()) for row in result.counts.values())
        lines.append(
            f"| {result.database} | {result.servers} | {result.seconds:g} | {sum(result.kills.values())} "
            f"| {asked - unanswered} | {unanswered} | {len(result.faults)} |"
        )
    lines += ["", "## What was killed", ""]
    lines += [f"- {result.database}, {result.servers} servers: {_told(result.kills)}" for result in results]
    lines += ["", "## What was answered", "", "| Storm | Request | Answers |", "|---|---|---|"]
    lines += [
        f"| {result.database}, {result.servers} servers | {verb} | {_told(row)} |"
        for result in results
        for verb, row in sorted(result.counts.items())
    ]
    found = [
        f"- {result.database}, {result.servers} servers: {fault}"
        for result in results
        for fault in result.faults
    ]
    lines += ["", "## Faults", "", *(found or ["None."]), ""]
    return "\n".join(lines)


def _told(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items())) or "nothing"


if __name__ == "__main__":
    sys.exit(main())
