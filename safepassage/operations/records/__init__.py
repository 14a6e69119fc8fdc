"""What the ledger knows: one file a noun; every record is derived from events alone."""

from safepassage.operations.records.codec import NOUNS, Record, decode, encode, key_of, noun_of

__all__ = ["NOUNS", "Record", "decode", "encode", "key_of", "noun_of"]
