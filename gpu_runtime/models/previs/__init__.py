"""Previs: an exact ray caster over flats and quadrics, in torch, on a CPU."""
