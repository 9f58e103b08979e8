"""Is the ledger whole? Asked of the database alone; nothing that the running program remembers is believed.

The chains are recomputed from the texts of their entries, the records compared with what the entries say, totals and
certificates added up again, and signed heads, those in the database and those kept elsewhere, held against the result.
Everything is read in chunks: memory does not grow with the ledger.
"""

from zhiyuan.records.verification.report import Problem, Report
from zhiyuan.records.verification.verifying import verify

__all__ = ["Problem", "Report", "verify"]
"""What may be asked."""
