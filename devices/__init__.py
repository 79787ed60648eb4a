"""All that touches the outside, real or virtual: headsets, the exoskeleton, their simulators."""
