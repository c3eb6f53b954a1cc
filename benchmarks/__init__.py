"""Measurements, each a module to run; reports are committed with machine, commit and date."""
