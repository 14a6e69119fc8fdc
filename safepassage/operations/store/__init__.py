"""All SQL of the ledger: one file a noun; SQLite by default, PostgreSQL for many users."""
