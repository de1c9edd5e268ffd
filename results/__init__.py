"""What was seen and what it means: the journal, the rules, the exports."""
