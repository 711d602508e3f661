"""Answers what the models say of a customer or a product: the released version, or the family's plain baseline."""
