"""A hook is documented with its exact arguments and has a test named after it."""

from tools.architecture import documents
from tools.architecture.source import ROOT, core_modules, parse, tracked_files

SPEC = '''
@hookspec
def check_signups(ctx: HookContext, requests: Sequence[SignUpRequest]) -> Mapping[Key, Sequence[Issue]]:
    """Refuse."""
'''


def hookspecs():
    return [module for module in core_modules() if module.is_in("zhiyuan.hookspecs")]


def test_every_hook_is_in_the_reference_with_its_arguments():
    page = ROOT / "docs" / "reference" / "hooks.md"
    text = page.read_text(encoding="utf-8") if page.exists() else ""

    assert [] == [finding for module in hookspecs() for finding in documents.undocumented_hooks(module, text)]


def test_every_hook_has_a_test_of_its_name():
    files = [
        path for path in tracked_files() if path.suffix == ".py" and "tests" in path.relative_to(ROOT).parts
    ]
    tests = "\n".join(path.read_text(encoding="utf-8") for path in files)

    assert [] == [finding for module in hookspecs() for finding in documents.untested_hooks(module, tests)]


def test_the_name_of_every_hook_says_its_contract():
    assert [] == [finding for module in hookspecs() for finding in documents.misnamed_hooks(module)]


def test_a_hook_outside_the_families_or_without_context_is_found():
    bad = "@hookspec\ndef before_signup(ctx): ...\n@hookspec\ndef check_signups(requests): ..."

    assert 2 == len(documents.misnamed_hooks(parse(bad, "zhiyuan.hookspecs")))


def test_a_hook_with_other_arguments_than_documented_is_found():
    module = parse(SPEC, "zhiyuan.hookspecs")

    assert ["check_signups(ctx, requests)"] == documents.hook_signatures(module)
    assert documents.undocumented_hooks(module, "`check_signups(ctx)`")
    assert [] == documents.undocumented_hooks(module, "### `check_signups(ctx, requests)`")


def test_a_hook_without_a_test_is_found():
    module = parse(SPEC, "zhiyuan.hookspecs")

    assert documents.untested_hooks(module, "def test_something(): ...")
