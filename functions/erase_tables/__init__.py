"""Erases a customer from the tables: letters, coupons, counters, actions, scores, and the samples of audiences."""
