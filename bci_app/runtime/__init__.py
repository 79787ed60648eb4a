"""Sessions: the online path between a source of samples and an exoskeleton."""
