"""What can be asked for: one capability a file, discovered, never listed."""
