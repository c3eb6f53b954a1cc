"""One torch-free declaration an engine, discovered, never listed."""
