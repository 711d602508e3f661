"""Erases a customer from the tables: letters, coupons, counters, scores, and the samples of audiences."""
