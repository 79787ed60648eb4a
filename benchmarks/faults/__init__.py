"""What can happen to the whole system at once, how it is made to happen, and how it is judged."""
