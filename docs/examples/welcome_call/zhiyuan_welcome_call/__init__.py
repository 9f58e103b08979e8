"""Welcome calls: somebody rings every newcomer before the first shift, and sees what came of it."""
