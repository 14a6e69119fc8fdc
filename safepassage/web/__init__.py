"""The service: parse, call the ledger, answer; the only place that knows HTTP."""
