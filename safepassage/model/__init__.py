"""Frozen nouns shared by every part, checked at construction; no input or output, no solver."""
