"""The commands behind `python -m tools.dev`: each makes sure of the environment, then runs one thing.

Every command returns an exit code: 0 done, 1 found something, 2 used wrongly; a program that it runs last
hands its own code through, so pytest's codes mean what pytest says.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tools import catalogues, lock, memory, postgres, report
from tools.environment import Environment, InstallError, Profile, distributions, ensure, examples

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = Environment(ROOT, ROOT / ".venv")


def main(arguments: list[str]) -> int:
    """Run one command. `arguments` begins with its name; the rest belongs to it."""
    name, *rest = arguments or ["help"]
    command = COMMANDS.get(name)
    if command is None:
        print("python -m tools.dev COMMAND [ARGUMENTS]\n", *_overview(), sep="\n")
        return 0 if name in ("help", "-h", "--help") else 2
    try:
        return command(rest)
    except InstallError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        return error.returncode or 1
    except KeyboardInterrupt:
        return 130


def install(arguments: list[str]) -> int:
    """Make .venv hold what the tests need (`install runtime`: only what a site needs)."""
    _ready("runtime" if arguments == ["runtime"] else "dev")
    return 0


def demo(arguments: list[str]) -> int:
    """Create a site with sample data in var/demo, say how to sign in, and serve it."""
    parser = argparse.ArgumentParser(prog="python -m tools.dev demo")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--serve", choices=("yes", "no"), default="yes")
    parser.add_argument("--database-url", default="", help="empty: SQLite in the data folder")
    wanted = parser.parse_args(arguments)
    _ready("runtime")
    defaults = {
        "ZHIYUAN_DATA_DIR": str(ROOT / "var" / "demo"),
        "ZHIYUAN_PUBLIC_URL": f"http://127.0.0.1:{wanted.port}",
    }
    variables = {**defaults, **os.environ}
    if wanted.database_url:
        variables["ZHIYUAN_DATABASE_URL"] = wanted.database_url
    Path(variables["ZHIYUAN_DATA_DIR"]).mkdir(parents=True, exist_ok=True)
    zhiyuan = ENVIRONMENT.program("zhiyuan")
    for step in (["migrate"], ["demo"]):
        subprocess.run([zhiyuan, *step], check=True, cwd=ROOT, env=variables)
    if wanted.serve == "no":
        return 0
    # This process becomes the server, so that Ctrl-C and a supervisor's signals reach it directly.
    os.chdir(ROOT)
    return os.execve(zhiyuan, [zhiyuan, "serve", "--port", str(wanted.port)], variables)


def lint(arguments: list[str]) -> int:
    """Style, formatting and types; every finding of all three is shown."""
    del arguments
    _ready("dev")
    return _lint()


def fix(arguments: list[str]) -> int:
    """Format, and repair what ruff can repair safely."""
    _ready("dev")
    _call(["ruff", "check", "--fix", "--quiet", *(arguments or ["."])])
    return _call(["ruff", "format", *(arguments or ["."])])


def test(arguments: list[str]) -> int:
    """Lint, then the whole suite on SQLite and, when a server answers, on PostgreSQL. Arguments go to pytest."""
    _ready("dev")
    found = _lint()
    server = postgres.find(ENVIRONMENT)
    print(server.sentence, flush=True)
    tested = _pytest(["-n", "auto", *arguments], server)
    # Said again at the end, because a long run has scrolled it away; pytest's own counts stay the last line
    # whenever nothing else is wrong.
    if found:
        print("lint FAILED: see above the tests.")
    if not server.url and postgres.is_required(os.environ):
        print(f"PostgreSQL is required here and no server answers. {postgres.VARIABLE} names another one.")
        return tested or 1
    return tested or found


def chaos(arguments: list[str]) -> int:
    """Kill processes at random under load and check what is left. Takes minutes."""
    _ready("dev")
    report_page = ROOT / "docs" / "reports" / "chaos.md"
    return _call(["python", "-m", "tools.chaos", "--report", str(report_page), *arguments])


def browser(arguments: list[str]) -> int:
    """Journeys through the pages in the system's Chromium."""
    if not any(shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome")):
        print("No Chromium on this machine. On Debian and Ubuntu: apt-get install chromium")
        return 1
    _ready("dev")
    return _pytest(["tests/browser", "-m", "browser", *arguments])


def mutate(arguments: list[str]) -> int:
    """Change the ledger's code line by line and see whether a test notices. Takes an hour or more."""
    _ready("dev")
    core = ROOT / "core"
    code = _call(["mutmut", "run", *arguments], folder=core)
    if code != 0:
        return code
    _call(["mutmut", "export-cicd-stats"], folder=core)
    counts = json.loads((core / "mutants" / "mutmut-cicd-stats.json").read_text(encoding="utf-8"))
    survivors = subprocess.run(
        [ENVIRONMENT.program("mutmut"), "results"], capture_output=True, text=True, check=True, cwd=core
    ).stdout
    rows = "\n".join(f"| {name.replace('_', ' ')} | {count} |" for name, count in counts.items())
    page = f"{report.header('Mutation tests')}\n| mutants | count |\n|---|---|\n{rows}\n\n```text\n{survivors}```\n"
    (ROOT / "docs" / "reports" / "mutation.md").write_text(page, encoding="utf-8")
    return 0


def bench(arguments: list[str]) -> int:
    """Measure; benchmarks/README.md says what and against what."""
    _ready("dev")
    return _call(["python", "-m", "benchmarks.run", *arguments])


def soak(arguments: list[str]) -> int:
    """Run for hours and watch memory, files and queues."""
    _ready("dev")
    return _call(["python", "-m", "benchmarks.soak", *arguments])


def relock(arguments: list[str]) -> int:
    """Resolve requirements/*.txt again. `--upgrade` also moves pins that still fit."""
    lock.lock(ROOT, arguments)
    return 0


def messages(arguments: list[str]) -> int:
    """Bring the message catalogues up to date with the sources; says how many texts lack a translation."""
    del arguments
    _ready("dev")
    return _call(["python", "-m", "tools.messages", "update"])


def clean(arguments: list[str]) -> int:
    """Remove what the tools made: environments, caches, build products. Data in var/ stays."""
    del arguments
    for pattern in (
        ".venv*",
        ".*_cache",
        ".hypothesis",
        ".coverage*",
        "htmlcov",
        "core/mutants",
        "build",
        "dist",
    ):
        for path in ROOT.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for po in catalogues.sources(ROOT):
        po.with_suffix(".mo").unlink(missing_ok=True)
    return 0


COMMANDS: Mapping[str, Callable[[list[str]], int]] = {
    "install": install,
    "demo": demo,
    "test": test,
    "lint": lint,
    "fix": fix,
    "test-chaos": chaos,
    "test-browser": browser,
    "mutate": mutate,
    "bench": bench,
    "soak": soak,
    "messages": messages,
    "lock": relock,
    "clean": clean,
}


def typed_packages(root: Path) -> list[str]:
    """What mypy reads: the core, the tools, and the packages of each plugin and example that exists."""
    owners = [*distributions(root)[1:], *examples(root)]
    packages = sorted(
        {str(init.parent.relative_to(root)) for owner in owners for init in owner.glob("*/__init__.py")}
    )
    return ["core/zhiyuan", "core/hatch_build.py", "tools", *packages]


def _overview() -> list[str]:
    return [f"  {name:<13} {command.__doc__}" for name, command in COMMANDS.items()]


def _ready(profile: Profile) -> None:
    ensure(ENVIRONMENT, profile)
    catalogues.compile_stale(ENVIRONMENT)


def _call(command: list[str], variables: Mapping[str, str] | None = None, *, folder: Path = ROOT) -> int:
    sys.stdout.flush()
    program, *rest = command
    done = subprocess.run([ENVIRONMENT.program(program), *rest], check=False, cwd=folder, env=variables)
    return done.returncode


def _lint() -> int:
    checks = (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy", *typed_packages(ROOT)])
    return int(sum(_call(check) != 0 for check in checks) > 0)


def _pytest(arguments: list[str], server: postgres.Server | None = None) -> int:
    server = server or postgres.find(ENVIRONMENT)
    variables = dict(os.environ)
    if server.url:
        variables[postgres.VARIABLE] = server.url
    if postgres.is_required(os.environ):
        variables["ZHIYUAN_REQUIRE_POSTGRES"] = "1"  # the fixtures fail then, where they would skip
    if in_memory := memory.folder():
        variables["TMPDIR"] = in_memory
    return _call(["pytest", *arguments], variables)
