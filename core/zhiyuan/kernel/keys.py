"""The file that holds the keyring: read by every process, replaced in one step when keys rotate.

On several machines the file must be the same one (a shared or copied secret); each process looks at its stamp once per
unit of work and reads it anew when it changed.
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from filelock import FileLock

from zhiyuan.kernel.crypto import Keyring, load_or_make_keyring, read_keyring, save_keyring

_LOCK_SECONDS: Final = 10


class KeyringFile:
    """The keyring at ``path``, made on a new installation. One ``stat`` per look."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._keyring = load_or_make_keyring(path)
        self._stamp = _stamp(path)

    def current(self) -> Keyring:
        """Return the keys in force. While the file is away or damaged, those read last; ``doctor`` tells."""
        try:
            stamp = _stamp(self.path)
        except OSError:
            return self._keyring
        if stamp != self._stamp:
            with self._lock:
                try:
                    self._keyring = read_keyring(self.path)
                    self._stamp = stamp
                except (OSError, ValueError):
                    return self._keyring
        return self._keyring

    def change(self, change: Callable[[Keyring], Keyring]) -> Keyring:
        """Replace the keyring by what ``change`` makes of it and return that; two processes take turns."""
        with FileLock(str(self.path) + ".lock", timeout=_LOCK_SECONDS):
            changed = change(read_keyring(self.path))
            save_keyring(self.path, changed)
        return self.current()


def exposed_to(path: Path) -> int:
    """Return the permission bits that let others than the owner at the keyring; 0 is right."""
    return path.stat().st_mode & 0o077 if os.name == "posix" else 0


def _stamp(path: Path) -> tuple[int, int, int]:
    found = path.stat()
    return found.st_mtime_ns, found.st_ino, found.st_size
