"""Answers what the models say of a customer: from the released version, or the family's plain baseline."""
