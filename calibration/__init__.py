"""One subject's preparation as computation: labelled trials, metrics."""
