"""Rehearses a plan over many possible futures and tells what they say."""
