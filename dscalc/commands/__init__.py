"""One module a command: its flags, and the way from them to a result."""
