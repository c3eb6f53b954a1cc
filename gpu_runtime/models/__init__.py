"""The implementations of engines. Only here are torch and other heavy libraries imported at module level."""
