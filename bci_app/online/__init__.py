"""The online path, from samples to commands: a plain object without clock, thread or file."""
