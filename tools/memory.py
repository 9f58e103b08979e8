"""Where tests put their files: in memory where the machine has room for it.

Most of a test's time on SQLite is waiting for the disk, because every commit reaches it (`synchronous=FULL`). What is
tested stays the same; only a crash of the whole machine would tell the difference.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

SHARED = Path("/dev/shm")  # noqa: S108  # the system's own; pytest makes a folder of this user in it
LEAST_FREE_BYTES = 2 * 2**30


def folder(variables: Mapping[str, str] = os.environ, shared: Path = SHARED) -> str | None:
    """Return a folder in memory for temporary files, or None: another was named, or there is no room.

    Containers often have 64 MB there, and forbid to run programs from it, which some tests do.
    """
    if "TMPDIR" in variables or not shared.is_dir() or not os.access(shared, os.W_OK):
        return None
    if os.statvfs(shared).f_flag & getattr(os, "ST_NOEXEC", 0):
        return None
    return str(shared) if shutil.disk_usage(shared).free >= LEAST_FREE_BYTES else None
