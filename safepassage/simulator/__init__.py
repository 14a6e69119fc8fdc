"""Plays a plan vehicle by vehicle with Newell's kinematic-wave model."""
