"""A process of its own that signs people up and cancels them as fast as it can. Started by ``test_storm``.

Reads one JSON object from standard input (``url``, ``data_dir``, ``now``, ``shifts``, ``people``, ``seed``, ``threads``,
``rounds``) and writes how often each outcome came up.
"""

import json
import random
import sys
import threading
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from zhiyuan.activities import service
from zhiyuan.kernel.actor import Actor, operator
from zhiyuan.kernel.commands import CommandBus
from zhiyuan.kernel.settings import Settings
from zhiyuan.runtime import start
from zhiyuan.testing.plugin import FrozenClock


def rush(bus: CommandBus, told: dict[str, Any], seed: int) -> Counter[str]:
    """Sign up and cancel at random for a number of rounds, and count the outcomes."""
    chance = random.Random(seed)
    shifts, people = [UUID(one) for one in told["shifts"]], [UUID(one) for one in told["people"]]
    counts: Counter[str] = Counter()
    mine: list[UUID] = []
    for _ in range(told["rounds"]):
        wishes = [
            service.SignUpRequest(
                actor=Actor("web", account_id=person, person_id=person),
                organization_id=None,
                shift_id=chance.choice(shifts),
                person_id=person,
            )
            for person in chance.sample(people, chance.randint(1, 4))
        ]
        outcomes = bus.submit(service.SIGN_UP, wishes)
        counts.update(outcome.status for outcome in outcomes)
        mine += [outcome.id for outcome in outcomes if outcome.id is not None]
        if mine and chance.random() < 0.5:
            gone = [
                mine.pop(chance.randrange(len(mine))) for _ in range(min(len(mine), chance.randint(1, 3)))
            ]
            items = [
                service.CancelSignUp(actor=operator(), organization_id=None, sign_up_id=one)
                for one in set(gone)
            ]
            counts.update(outcome.status for outcome in bus.submit(service.CANCEL_SIGN_UPS, items))
    return counts


def rush_in_threads(bus: CommandBus, told: dict[str, Any]) -> Counter[str]:
    """Run :func:`rush` in several threads at once. What a thread raises is counted as ``raised``."""
    total: Counter[str] = Counter()
    lock = threading.Lock()

    def run(seed: int) -> None:
        try:
            counts = rush(bus, told, seed)
        except Exception as error:  # the test wants to know, whatever it is
            counts = Counter({"raised": 1, f"raised {type(error).__name__}: {error}"[:300]: 1})
        with lock:
            total.update(counts)

    threads = [threading.Thread(target=run, args=(told["seed"] + index,)) for index in range(told["threads"])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return total


def main() -> None:
    """Do what standard input says."""
    told = json.load(sys.stdin)
    settings = Settings(data_dir=Path(told["data_dir"]), database_url=told["url"])
    running = start(settings, clock=FrozenClock(datetime.fromisoformat(told["now"])))
    counts = rush_in_threads(running.bus, told)
    running.close()
    json.dump(counts, sys.stdout)


if __name__ == "__main__":
    main()
