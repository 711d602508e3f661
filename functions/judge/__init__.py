"""After the evaluation: holds the candidate against the family's gates."""
