"""The command line: parse, call a workflow, show; nothing is computed here."""
