"""Tests of the inboxes."""
