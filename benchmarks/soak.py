"""Moderate load for a long time, with an eye on memory, open files, the database and the queues.

``python -m benchmarks.soak [--minutes N] [--report FILE]``. Two servers and a worker on SQLite under the storm of the chaos
harness, without kills; afterwards the same checker. What grows without end shows in the table.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from tools.chaos.checker import Facts, faults
from tools.chaos.journal import Journal
from tools.chaos.servers import Servers
from tools.chaos.storm import prepare, rage
from tools.report import header


@dataclass(frozen=True, slots=True)
class Sample:
    """One look: minutes since the start, resident MB and open files of all processes together, MB of database, queue."""

    minutes: float
    resident: float
    files: int
    database: float
    waiting: int


def main(arguments: list[str] | None = None) -> int:
    """Soak, print and keep the table. Returns 1 when the checker finds a fault."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--looks", type=int, default=12, help="how often to look")
    parser.add_argument("--report", type=Path, default=Path("docs/reports/soak.md"))
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="zhiyuan-soak-"))
    database = folder / "zhiyuan.sqlite3"
    servers = Servers(folder, f"sqlite:///{database}", count=2)
    journal, samples = Journal(), []
    try:
        token = servers.make_token()
        servers.start()
        ground = prepare(servers, token)
        seconds = options.minutes * 60
        storm = threading.Thread(
            target=rage, args=(servers, token, ground, journal), kwargs={"seconds": seconds, "seed": 1}
        )
        began = time.monotonic()
        storm.start()
        for _ in range(options.looks):
            storm.join(seconds / options.looks)
            samples.append(_look(servers, database, (time.monotonic() - began) / 60))
        storm.join()
        left = faults(f"sqlite:///{database}", journal)
    finally:
        servers.stop()
    asked = sum(sum(row.values()) for row in journal.counts().values())
    lines = [
        header("Soak"),
        f"{options.minutes:g} minutes, {asked} requests, {len(left)} faults afterwards.",
        "",
        "| minutes | resident, MB | open files | database, MB | events waiting |",
        "|---|---|---|---|---|",
        *(
            f"| {s.minutes:.1f} | {s.resident:.0f} | {s.files} | {s.database:.1f} | {s.waiting} |"
            for s in samples
        ),
        "",
        *(f"- {fault}" for fault in left),
    ]
    print("\n".join(lines[1:]))
    options.report.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
    print(json.dumps(journal.counts()), file=sys.stderr)
    return 1 if left else 0


def _look(servers: Servers, database: Path, minutes: float) -> Sample:
    pids = servers.pids()
    resident = sum(_resident(pid) for pid in pids)
    files = sum(
        len(list(Path(f"/proc/{pid}/fd").iterdir())) for pid in pids if Path(f"/proc/{pid}/fd").exists()
    )
    waiting = sum(row["state"] == "waiting" for row in Facts(f"sqlite:///{database}").deliveries)
    size = sum(path.stat().st_size for path in database.parent.glob("zhiyuan.sqlite3*"))
    return Sample(minutes, resident / 2**20, files, size / 2**20, waiting)


def _resident(pid: int) -> int:
    status = Path(f"/proc/{pid}/status")
    if not status.exists():
        return 0
    rows = dict(line.split(":", 1) for line in status.read_text(encoding="utf-8").splitlines())
    return int(rows.get("VmRSS", "0 kB").split()[0]) * 1024


if __name__ == "__main__":
    sys.exit(main())
