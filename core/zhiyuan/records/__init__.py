"""The service ledger: what people did, confirmed by others, in a hash chain nobody can rewrite unseen, and certificates."""
