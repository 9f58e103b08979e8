"""The one door to work on the tree: `python -m tools.dev demo`, `test`, `lint`, ... (`make` calls nothing else).

Needs only the standard library. This file must parse on any Python 3, so that an old one is told what is
missing instead of showing a syntax error; the rest of the tool is imported after the check.
"""

import sys

OLDEST = (3, 11)


def refusal(version):  # type: (tuple[int, ...]) -> str
    """The sentence for a Python that is too old, or an empty string for one that will do."""
    if tuple(version[:2]) >= OLDEST:
        return ""
    this = "{}.{}".format(*version)
    return (
        "zhiyuan needs Python {}.{} or newer; this is Python {} ({}). "
        "Name another one: make PYTHON=python3.12 ..., or python3.12 -m tools.dev ..."
    ).format(OLDEST[0], OLDEST[1], this, sys.executable)


if __name__ == "__main__":
    reason = refusal(sys.version_info[:2])
    if reason:
        sys.exit(reason)

    from tools.commands import main

    sys.exit(main(sys.argv[1:]))
