"""From events to records: one file a group of nouns; which moves are legal, and nothing is stored here."""
