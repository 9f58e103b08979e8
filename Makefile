# Everything is done by tools/dev.py, which needs only Python 3.11 or newer; this file gives it short names.
# make demo [PORT=8000] [SERVE=no] [DATABASE_URL=...]     make test [ARGS="core/tests -k totals"]

# The first Python that is new enough. A name on the path may be a stub without a Python behind it, hence -c.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo $$python; exit; }; \
	done; echo python3)
PORT ?= 8000
SERVE ?= yes
DATABASE_URL ?=
ARGS ?=

DEV = @$(PYTHON) -m tools.dev

.PHONY: help install demo test lint fix test-chaos test-browser mutate bench soak messages lock clean

help:
	$(DEV) help

demo:
	$(DEV) demo --port "$(PORT)" --serve "$(SERVE)" --database-url "$(DATABASE_URL)"

install test lint fix test-chaos test-browser mutate bench soak messages lock clean:
	$(DEV) $@ $(ARGS)
