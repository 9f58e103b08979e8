"""Kills at random, storms, and a check of what is left (``make test-chaos``).

``cluster`` and ``servers`` are what dies, ``storm`` is who asks, ``journal`` remembers what was answered, ``checker`` looks
at the database and the journal and trusts nothing else.
"""
