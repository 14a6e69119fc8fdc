"""Compiled loops of the simulator: plain arrays in, a status out."""
