"""Safepassage: get every civilian of a district out of danger, and account for each one."""

__version__ = "0.1.0"
