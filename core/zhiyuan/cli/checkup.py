"""The single checks of ``zhiyuan doctor``. Each looks, changes nothing, and says what would cure a fault."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from importlib.util import find_spec
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from zhiyuan.host.diagnosis import findings
from zhiyuan.host.migrate import CORE, pending
from zhiyuan.kernel.clock import SystemClock
from zhiyuan.kernel.crypto import read_keyring
from zhiyuan.kernel.errors import Conflict, error_name
from zhiyuan.kernel.i18n import LOCALES, SOURCE_LOCALE, catalogue_state, domains
from zhiyuan.kernel.keys import exposed_to
from zhiyuan.kernel.models import Job, OutboxDelivery, WorkerState
from zhiyuan.kernel.settings import Loaded, Settings
from zhiyuan.kernel.uow import Tx
from zhiyuan.runtime import Runtime, start

_FONT_PACKAGE: Final = "pylopdf_fonts_zh_cn"
_OLDEST_POSTGRES: Final = 15
_WORKER_SILENCE: Final = timedelta(seconds=60)
_CLOCK_DIFFERENCE: Final = timedelta(seconds=30)

State = Literal["ok", "warn", "fail"]


@dataclass(frozen=True, slots=True)
class Check:
    """What one check found."""

    name: str
    state: State
    message: str
    cure: str = ""


def examine(loaded: Loaded) -> list[Check]:
    """Run every check; those that need tables are left out while the database does not answer or is not migrated."""
    settings = loaded.settings
    checks = [_settings(loaded), _time_zones(), _fonts(), *_catalogues()]
    migrations = _migrations(settings)
    checks.append(migrations)
    if migrations.state == "fail":
        return [*checks, *_keyring(settings, None)]
    runtime = start(settings, pool_size=2)
    try:
        checks += _keyring(settings, runtime)
        with runtime.database.reading() as tx:
            for check in _CHECKS_OF_THE_DATABASE:
                checks += check(tx)
            checks += _plugins(runtime, tx)
    finally:
        runtime.close()
    return checks


def _settings(loaded: Loaded) -> Check:
    if loaded.warnings:
        return Check("settings", "warn", "; ".join(loaded.warnings), "Correct or remove these names.")
    return Check("settings", "ok", "every name is known")


def _time_zones() -> Check:
    try:
        ZoneInfo("Asia/Shanghai")
    except ZoneInfoNotFoundError:
        return Check("time zones", "fail", "time zone data is missing", "Install the tzdata package.")
    return Check("time zones", "ok", "time zone data is there")


def _fonts() -> Check:
    if find_spec(_FONT_PACKAGE) is None:
        return Check("fonts", "fail", "the font for certificates is missing", f"Install {_FONT_PACKAGE}.")
    return Check("fonts", "ok", "the font for certificates is there")


def _catalogues() -> Iterator[Check]:
    for domain in sorted(domains()):
        for locale in LOCALES:
            if locale == SOURCE_LOCALE:
                continue
            match catalogue_state(domain, locale):
                case "missing":
                    yield Check(
                        f"language {locale}", "warn", f"{domain} has no catalogue", "Reinstall its package."
                    )
                case "stale":
                    message = f"the catalogue of {domain} is not compiled, which makes each start slower"
                    yield Check(
                        f"language {locale}", "warn", message, "Run: python -m tools.messages compile"
                    )
                case _:
                    yield Check(f"language {locale}", "ok", f"the catalogue of {domain} is compiled")


def _migrations(settings: Settings) -> Check:
    try:
        missing = pending(settings.url, CORE)
    except Conflict as error:
        return Check("migrations", "fail", str(error), "Use the software version that fits the database.")
    except (DBAPIError, OSError) as error:
        message = f"the database does not answer ({error_name(error)})"
        return Check(
            "database", "fail", message, "Check database_url, and that the server runs and lets you in."
        )
    if missing:
        return Check("migrations", "fail", f"{len(missing)} migration(s) are missing", "Run: zhiyuan migrate")
    return Check("migrations", "ok", "the tables of the core are at the newest revision")


def _keyring(settings: Settings, runtime: Runtime | None) -> Iterator[Check]:
    path = settings.keyring_path
    try:
        keyring = read_keyring(path)
    except FileNotFoundError:
        state: State = "ok" if runtime is None else "fail"
        yield Check("keyring", state, "there is none yet", "Restore it from a backup if there was one.")
        return
    except ValueError as error:
        yield Check("keyring", "fail", str(error), "Restore the file from a backup.")
        return
    if bits := exposed_to(path):
        message = f"others can reach {path} (permissions {bits:03o} too many)"
        yield Check("keyring", "fail", message, f"Run: chmod 600 {path}")
    elif len(keyring.fields) > 1:
        yield Check("keyring", "ok", f"{len(keyring.fields)} field keys: a rotation has not been retired yet")
    else:
        yield Check("keyring", "ok", "readable by its owner only")


def _database(tx: Tx) -> Iterator[Check]:
    if tx.is_sqlite:
        version = tx.connection.execute(text("SELECT sqlite_version()")).scalar_one()
        problem = tx.connection.execute(text("PRAGMA quick_check(1)")).scalar_one()
        if problem != "ok":
            yield Check("database", "fail", "the SQLite file is damaged", "Restore it from a backup.")
        else:
            yield Check("database", "ok", f"SQLite {version}")
        return
    number = int(tx.connection.execute(text("SHOW server_version_num")).scalar_one())
    if number // 10_000 < _OLDEST_POSTGRES:
        message = f"PostgreSQL {number // 10_000} is too old"
        yield Check("database", "fail", message, f"Upgrade to PostgreSQL {_OLDEST_POSTGRES} or later.")
    else:
        yield Check("database", "ok", f"PostgreSQL {number // 10_000}.{number % 10_000}")
    difference = abs(tx.connection.execute(select(func.clock_timestamp())).scalar_one() - SystemClock().now())
    if difference > _CLOCK_DIFFERENCE:
        message = f"this machine's clock and the database's differ by {difference.total_seconds():.0f} s"
        yield Check("clock", "fail", message, "Let both machines follow a time server.")
    else:
        yield Check("clock", "ok", "agrees with the database's")


def _workers(tx: Tx) -> Iterator[Check]:
    table = WorkerState.__table__  # type: ignore[attr-defined]  # SQLModel types do not know __table__
    alive = tx.connection.execute(
        select(func.count())
        .select_from(table)
        .where(table.c.seen_at > tx.now - _WORKER_SILENCE, table.c.stopped_at.is_(None))
    ).scalar_one()
    if alive:
        yield Check("worker", "ok", f"{alive} running")
    else:
        yield Check(
            "worker", "warn", "none has been seen for a minute", "Run: zhiyuan serve, or zhiyuan worker"
        )


def _queues(tx: Tx) -> Iterator[Check]:
    delivery = OutboxDelivery.__table__  # type: ignore[attr-defined]  # as above
    job = Job.__table__  # type: ignore[attr-defined]  # as above
    parked = tx.connection.execute(
        select(delivery.c.plugin_id, func.count())
        .where(delivery.c.state == "parked")
        .group_by(delivery.c.plugin_id)
    ).all()
    for plugin_id, count in parked:
        message = f"{plugin_id} failed on {count} event(s) for good"
        yield Check(
            "outbox", "warn", message, "Read the log, repair the plugin, then let it hear them again."
        )
    if not parked:
        yield Check("outbox", "ok", "no event was given up")
    failed = tx.connection.execute(
        select(func.count()).select_from(job).where(job.c.state == "failed")
    ).scalar_one()
    if failed:
        yield Check("jobs", "warn", f"{failed} job(s) were given up", "Read the log for the reason.")
    else:
        yield Check("jobs", "ok", "no job was given up")


def _plugins(runtime: Runtime, tx: Tx) -> Iterator[Check]:
    for finding in findings(runtime.plugins, tx):
        yield Check(f"plugin {finding.plugin_id}", finding.state, finding.message, finding.cure)


_CHECKS_OF_THE_DATABASE: Final[tuple[Callable[[Tx], Iterator[Check]], ...]] = (_database, _workers, _queues)
