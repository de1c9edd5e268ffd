"""Tests of the embedded handsets and their network."""
