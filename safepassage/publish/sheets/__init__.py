"""Sheets of paper: what a household, a driver and a police officer hold in their hands."""
