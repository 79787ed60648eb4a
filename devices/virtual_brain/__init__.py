"""A subject made of equations, on whom a session can be rehearsed."""
