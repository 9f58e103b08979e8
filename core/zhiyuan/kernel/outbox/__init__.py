"""Events on their way to plugins: written with the change itself (``writing``), told afterwards (``delivery``).

Order is best effort: a plugin hears events in the order they were written, except that one it failed on comes again
later. Every event may come more than once. Handlers therefore go by ids and versions, not by order of arrival.
"""
