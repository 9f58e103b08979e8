"""Rules of the tree that no type checker knows, as functions from source text to findings.

Each rule takes a parsed module (or a text) and returns sentences `path:line: what is wrong and what to do`.
The tests in tests/architecture/ apply every rule to the tree, and to a small piece of bad code it must refuse.
"""
