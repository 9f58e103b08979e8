"""Log-ins, sessions, tokens, roles and what they permit."""
