"""The review queue: decisions that somebody should look at, and the verdicts, which become labels."""
