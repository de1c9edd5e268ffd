"""What to send next, and why: the campaign and the pytest probes that ask it for verdicts."""
