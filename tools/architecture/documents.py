"""Rules about what is written beside the code: hooks, decisions, addresses, news."""

import ast
import re
from pathlib import Path

from tools.architecture.source import Module

SECTIONS = ("## Context", "## Decision", "## Consequences", "## Alternatives", "## Guarded by")
HOOK_FAMILIES = ("register_", "check_", "resolve_", "apply_", "on_", "extend_", "plugin_")
FRAGMENT_KINDS = ("feature", "fix", "hook", "policy", "theme", "migration", "removal", "docs")

# Where a package came from: an index's own path words, whatever its host.
_INDEX = re.compile(
    r"https?://[^\s\"'<>)]*(?:/simple(?:/|\b)|registry\.|/-/[^\s/]+\.tgz|/packages/[0-9a-f]{2}/)"
)
# A folder of one person's or one machine's, which no reader has.
_MACHINE = re.compile(r"(?<![\w./~$}-])/(?:home|root|Users|work)/[\w.-]+")


def hook_signatures(module: Module) -> list[str]:
    """`name(argument, ...)` of every hook specification, in order, without `self` and types."""
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef) and any(
            "hookspec" in ast.unparse(m) for m in node.decorator_list
        ):
            names = [
                argument.arg for argument in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
            ]
            found.append(f"{node.name}({', '.join(name for name in names if name != 'self')})")
    return found


def misnamed_hooks(module: Module) -> list[str]:
    """Hooks whose name does not say when they are called, in which transaction, and what happens if they raise."""
    signatures = hook_signatures(module)
    findings = [
        f"{hook}: begins with none of {', '.join(HOOK_FAMILIES)}"
        for hook in signatures
        if not hook.startswith(HOOK_FAMILIES)
    ]
    return findings + [
        f"{hook}: the first argument is ctx" for hook in signatures if not re.search(r"\(ctx[,)]", hook)
    ]


def undocumented_hooks(module: Module, page: str) -> list[str]:
    """Hooks whose exact arguments are not in the reference, as inline code."""
    return [
        f"docs/reference/hooks.md does not have `{signature}`"
        for signature in hook_signatures(module)
        if f"`{signature}`" not in page
    ]


def untested_hooks(module: Module, tests: str) -> list[str]:
    """Hooks without a test of their own. `tests` is the text of all test files."""
    names = [signature.partition("(")[0] for signature in hook_signatures(module)]
    return [
        f"no `def test_hook_{name}(`" for name in names if not re.search(rf"def test_hook_{name}\(", tests)
    ]


def decision_findings(page: Path, root: Path) -> list[str]:
    """What a decision record lacks: its sections, and a guard that exists."""
    text = page.read_text(encoding="utf-8")
    findings = [f"{page.name}: no section “{section}”" for section in SECTIONS if section not in text]
    guards = re.findall(r"`([\w./-]+\.(?:py|toml))(?:::\w+)?`", text.partition("## Guarded by")[2])
    if not guards:
        findings.append(f"{page.name}: names no test or lint that guards it")
    return findings + [
        f"{page.name}: {guard} does not exist" for guard in guards if not (root / guard).exists()
    ]


def addresses(text: str, path: str, hosts: frozenset[str] = frozenset()) -> list[str]:
    """Package indexes and folders of one machine named in a text. `hosts` are this machine's own indexes."""
    findings = []
    for number, line in enumerate(text.splitlines(), start=1):
        if _INDEX.search(line) or any(host in line for host in hosts):
            findings.append(
                f"{path}:{number}: names a package index; where packages come from is the reader's affair"
            )
        if _MACHINE.search(line):
            findings.append(f"{path}:{number}: names a folder that only one machine has")
    return findings


def broken_links(page: Path, root: Path) -> list[str]:
    """Links of a Markdown page to files of the repository that are not there."""
    targets = [
        (number, target)
        for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), start=1)
        for target in re.findall(r"\]\(([^)\s#]+)", line)
        if "://" not in target and not target.startswith(("mailto:", "/"))
    ]
    return [
        f"{page.relative_to(root)}:{number}: {target} does not exist"
        for number, target in targets
        if not (page.parent / target).exists()
    ]


def fragment_findings(name: str, text: str) -> list[str]:
    """What is wrong with a news fragment: `<slug>.<kind>.md`, one paragraph for the person who upgrades."""
    parts = name.split(".")
    if len(parts) != 3 or parts[1] not in FRAGMENT_KINDS or parts[2] != "md":
        return [f"changes/{name}: the name is <slug>.<kind>.md, the kind one of {', '.join(FRAGMENT_KINDS)}"]
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", parts[0]):
        return [f"changes/{name}: the slug is lower-case words joined by hyphens"]
    return [] if text.strip() else [f"changes/{name}: says nothing"]
