"""What the ledger knows: one file a noun; every record is derived from events alone."""

from safepassage.operations.records.change import changed
from safepassage.operations.records.codec import NOUNS, Record, decode, encode, key_of, noun_of

__all__ = ["NOUNS", "Record", "changed", "decode", "encode", "key_of", "noun_of"]
