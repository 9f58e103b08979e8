"""``python -m zhiyuan`` is ``zhiyuan``."""

from zhiyuan.cli import main

if __name__ == "__main__":
    main()
