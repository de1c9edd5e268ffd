"""What to test: lists of keywords and combinations, and the checks that keep them clean."""
