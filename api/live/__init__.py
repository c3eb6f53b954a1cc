"""What happens in a film's thread, told to whoever follows it: docs/protocol.md."""
