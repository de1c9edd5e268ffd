"""Benchmarks: figures, their goals and their rivals, printed as tables."""
