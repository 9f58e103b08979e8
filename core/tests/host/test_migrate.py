"""Migrations of the core and of plugins keep to themselves, on both databases."""

import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from zhiyuan.host.migrate import CORE, Owner, downgrade, drift, head, migrate, pending
from zhiyuan.kernel.database import schema_engine
from zhiyuan.kernel.errors import Conflict
from zhiyuan.tables import metadata

_REVISION = """
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table(
        "acme__thing",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("person_id", sa.Uuid, sa.ForeignKey("core__person.id", ondelete="RESTRICT")),
    )
{more}

def downgrade():
    op.drop_table("acme__thing")
"""


@pytest.fixture
def acme(tmp_path: Path) -> Owner:
    """A plugin with one table that refers to a person."""
    return _plugin(tmp_path, more="")


def _plugin(tmp_path: Path, *, more: str) -> Owner:
    versions = tmp_path / "acme" / "versions"
    versions.mkdir(parents=True)
    (versions / "0001_first.py").write_text(_REVISION.format(more=more))
    return Owner("acme", versions)


def _tables(url: str) -> set[str]:
    engine = schema_engine(url)
    found = set(inspect(engine).get_table_names())
    engine.dispose()
    return found


def _execute(url: str, statement: str) -> None:
    engine = schema_engine(url)
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_an_empty_database_is_brought_to_the_models(blank_database_url: str) -> None:
    assert pending(blank_database_url)[-1] == head(CORE)

    (done,) = migrate(blank_database_url)

    assert (done.owner, done.before, done.after) == ("core", None, head(CORE))
    assert pending(blank_database_url) == ()
    assert drift(blank_database_url, CORE, metadata) == []
    assert migrate(blank_database_url)[0].applied == ()


def test_everything_can_be_taken_back(blank_database_url: str) -> None:
    migrate(blank_database_url)

    downgrade(blank_database_url, CORE)

    assert _tables(blank_database_url) == {CORE.version_table}


def test_owners_do_not_touch_each_other(blank_database_url: str, acme: Owner) -> None:
    migrate(blank_database_url, [CORE, acme])
    assert {"acme__thing", "zhiyuan_version_acme", "core__person"} <= _tables(blank_database_url)
    assert drift(blank_database_url, CORE, metadata) == []

    downgrade(blank_database_url, acme)

    assert "acme__thing" not in _tables(blank_database_url)
    assert pending(blank_database_url, CORE) == ()
    assert pending(blank_database_url, acme) == ("0001",)


def test_a_plugin_that_is_gone_does_not_stop_the_core(blank_database_url: str, acme: Owner) -> None:
    migrate(blank_database_url, [CORE, acme])

    (done,) = migrate(blank_database_url, [CORE])

    assert done.applied == ()


def test_a_database_from_the_future_is_refused(blank_database_url: str) -> None:
    migrate(blank_database_url)
    _execute(blank_database_url, f"UPDATE {CORE.version_table} SET version_num = '9999'")

    with pytest.raises(Conflict) as caught:
        pending(blank_database_url)

    assert caught.value.code == "migrate.unknown_revision"
    with pytest.raises(Conflict):
        migrate(blank_database_url)


def test_a_revision_that_breaks_leaves_nothing_behind(blank_database_url: str, tmp_path: Path) -> None:
    migrate(blank_database_url)
    broken = _plugin(tmp_path, more="    raise RuntimeError('boom')\n")

    with pytest.raises(RuntimeError, match="boom"):
        migrate(blank_database_url, [broken])

    assert "acme__thing" not in _tables(blank_database_url)
    assert pending(blank_database_url, broken) == ("0001",)


def test_a_revision_that_breaks_a_reference_is_refused_on_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.sqlite3'}"
    migrate(url)
    insert = "op.execute(\"INSERT INTO acme__thing VALUES (1, '00000000000000000000000000000000')\")"
    broken = _plugin(tmp_path, more=f"    {insert}\n")

    with pytest.raises(Conflict) as caught:
        migrate(url, [broken])

    assert caught.value.code == "migrate.broken_reference"
    assert "acme__thing" not in _tables(url)


def test_two_processes_that_migrate_together_take_turns(blank_database_url: str) -> None:
    program = f"from zhiyuan.host.migrate import migrate; print(migrate({blank_database_url!r})[0].applied)"
    both = [
        subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]

    answers = [process.communicate(timeout=60)[0].strip() for process in both]

    assert [process.returncode for process in both] == [0, 0]
    assert sorted(answers) == sorted(["()", str((head(CORE),))])
    assert drift(blank_database_url, CORE, metadata) == []
