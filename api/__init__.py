"""The entrances: today the command line."""
