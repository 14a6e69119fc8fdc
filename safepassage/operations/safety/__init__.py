"""Signatures, encryption of fields, roles, passwords: what keeps the ledger from leaking or being forged."""
