"""The hash chain of each organization's ledger: entries in links, links in a row, the last one in the head.

``canonical`` writes an entry's text, ``entries`` decides what stands in it, ``merkle`` hashes a batch of entries to one
root, ``links`` appends under the locked head row. Nothing here decides whether a change is allowed.
"""

from zhiyuan.records.chain.links import Head, NewEntry, append, append_all, link_hash, lock_heads

__all__ = ["Head", "NewEntry", "append", "append_all", "link_hash", "lock_heads"]
