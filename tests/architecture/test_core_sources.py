"""Rules for each module of the core; every one is also shown a piece of code it must refuse."""

import pytest

from tools.architecture import handlers, rules
from tools.architecture.layers import DOMAINS
from tools.architecture.source import CORE, core_modules, parse

RULES = [
    rules.commits_outside_kernel,
    rules.plugin_ids,
    rules.postponed_annotations,
    rules.clocks,
    rules.catches_everything,
    rules.missing_docstrings,
    rules.size_and_name,
    rules.table_names,
    rules.http_below_the_edge,
    rules.deletions_in_the_ledger,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_core_keeps_the_rule(rule):
    assert [] == [finding for module in core_modules() for finding in rule(module)]


@pytest.mark.parametrize(
    ("rule", "name", "bad"),
    [
        (rules.commits_outside_kernel, "zhiyuan.people.service", "session.commit()"),
        (rules.plugin_ids, "zhiyuan.web.app", "x = 'insurance'"),
        (rules.plugin_ids, "zhiyuan.web.app", "x = 'points_mall.view'"),
        (rules.plugin_ids, "zhiyuan.web.app", "from zhiyuan_honors import stars"),
        (rules.plugin_ids, "zhiyuan.web.app", "install('zhiyuan-local-policy')"),
        (rules.postponed_annotations, "zhiyuan.people.models", "from __future__ import annotations"),
        (rules.postponed_annotations, "zhiyuan.people.models.person", "from __future__ import annotations"),
        (rules.clocks, "zhiyuan.people.service", "now = datetime.now(UTC)"),
        (rules.clocks, "zhiyuan.people.service", "now = datetime.datetime.utcnow()"),
        (rules.clocks, "zhiyuan.people.service", "field(default_factory=date.today)"),
        (rules.catches_everything, "zhiyuan.people.service", "try:\n  f()\nexcept Exception:\n  pass"),
        (rules.catches_everything, "zhiyuan.people.service", "try:\n  f()\nexcept:\n  pass"),
        (
            rules.catches_everything,
            "zhiyuan.people.service",
            "try:\n  f()\nexcept (OSError, Exception) as e:\n  log(e)",
        ),
        (rules.missing_docstrings, "zhiyuan.people.service", "def register(tx): ..."),
        (rules.missing_docstrings, "zhiyuan.people.service", "'''Why.'''\nclass Person: ..."),
        (rules.size_and_name, "zhiyuan.people.service", "\n" * (rules.LONGEST_MODULE + 1)),
        (rules.size_and_name, "zhiyuan.people.utils", "'''Things.'''"),
        (rules.table_names, "zhiyuan.people.models", "class P:\n  __tablename__ = 'person'"),
        (rules.http_below_the_edge, "zhiyuan.people.service", "from litestar import get"),
        (rules.http_below_the_edge, "zhiyuan.kernel.errors", "import litestar.exceptions"),
        (rules.deletions_in_the_ledger, "zhiyuan.records.service", "tx.delete(record)"),
        (rules.deletions_in_the_ledger, "zhiyuan.records.service", "tx.execute(sa.delete(table))"),
    ],
)
def test_a_module_that_breaks_a_rule_is_found(rule, name, bad):
    assert rule(parse(bad, name))


@pytest.mark.parametrize(
    ("rule", "name", "good"),
    [
        (rules.commits_outside_kernel, "zhiyuan.kernel.uow", "session.commit()"),
        (rules.plugin_ids, "zhiyuan.web.app", "'''A plugin such as insurance offers this.'''"),
        (rules.plugin_ids, "zhiyuan.web.app", "x = _('Training is required before duty.')"),
        (rules.clocks, "zhiyuan.kernel.clock", "datetime.now(UTC)"),
        (rules.clocks, "zhiyuan.people.service", "now = clock.now()"),
        (rules.catches_everything, "zhiyuan.host.dispatch", "try:\n  f()\nexcept Exception:\n  pass"),
        (
            rules.catches_everything,
            "zhiyuan.people.service",
            "try:\n  f()\nexcept BaseException:\n  undo()\n  raise",
        ),
        (rules.missing_docstrings, "zhiyuan.people.service", "'''Why.'''\ndef _inner(): ..."),
    ],
)
def test_a_module_that_keeps_the_rule_is_left_alone(rule, name, good):
    assert [] == rule(parse(good, name))


def test_every_domain_folder_has_the_same_files():
    folders = [CORE / name for name in DOMAINS if (CORE / name).exists()]

    assert [] == [finding for folder in folders for finding in rules.missing_domain_files(folder)]


def test_a_domain_folder_without_its_files_is_found(tmp_path):
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "__init__.py").touch()
    (tmp_path / "service.py").touch()

    found = rules.missing_domain_files(tmp_path)

    assert len(rules.DOMAIN_FILES) - 2 == len(found)


def test_every_domain_folder_has_no_files_but_those_written_down():
    assert [] == [finding for name in DOMAINS for finding in rules.unexpected_domain_files(CORE / name)]


def test_every_noun_of_a_room_is_there_and_every_room_has_its_line():
    assert set(DOMAINS) == set(rules.ROOM_NOUNS)
    assert [] == [
        f"{room}/{noun}"
        for room, nouns in rules.ROOM_NOUNS.items()
        for noun in nouns
        if not (CORE / room / f"{noun}.py").exists() and not (CORE / room / noun / "__init__.py").exists()
    ]


def test_a_file_that_nobody_could_guess_is_found(tmp_path):
    room = tmp_path / "people"
    (room / "things").mkdir(parents=True)
    for path in ("models.py", "masking.py", "registering.py", "service.py", "things/__init__.py"):
        (room / path).touch()

    found = rules.unexpected_domain_files(room)

    assert ["people/registering", "people/things", "people/service.py:"] == [
        line.split(" ")[0] for line in found
    ]


def test_no_handler_shows_a_table():
    tables = handlers.table_classes(core_modules())

    assert [
        finding for module in core_modules() for finding in handlers.tables_in_signatures(module, tables)
    ] == []


@pytest.mark.parametrize(
    "handler",
    [
        "from zhiyuan.people.models import Person\n@get('/')\ndef show() -> Person: ...",
        "from zhiyuan.people.models import Person as P\n@post('/')\ndef add(data: P) -> None: ...",
        "from zhiyuan.people import models\n@get('/')\ndef all() -> list[models.Person]: ...",
        "from zhiyuan.people.models import Person\nclass C:\n  @get('/')\n  def show(self) -> 'Person': ...",
    ],
)
def test_a_handler_that_shows_a_table_is_found(handler):
    tables = handlers.table_classes(
        [parse("class Person(SQLModel, table=True): ...", "zhiyuan.people.models")]
    )

    assert {"zhiyuan.people.models.Person"} == tables
    assert handlers.tables_in_signatures(parse(handler, "zhiyuan.api.people"), tables)


def test_a_handler_may_use_a_table_inside_and_show_a_schema():
    tables = frozenset({"zhiyuan.people.models.Person"})
    text = "from zhiyuan.people.schemas import PersonRead\n@get('/')\ndef show() -> PersonRead: ..."

    assert [] == handlers.tables_in_signatures(parse(text, "zhiyuan.api.people"), tables)
