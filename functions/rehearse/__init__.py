"""Last step before a release: the new version has to answer as it was evaluated, where customers would be answered."""
