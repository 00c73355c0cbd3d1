"""What talks to a server: a blocking transport, and what is built on it."""
