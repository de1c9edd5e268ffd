"""Tests of results/: what was seen and what it means."""
