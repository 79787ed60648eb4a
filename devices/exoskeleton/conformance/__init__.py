"""Whether a controller keeps the protocol of ``docs/protocol.md``: a suite for any port."""
