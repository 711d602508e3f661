"""Campaigns over the API: what marketers decide, how far it is and what it did; their offers and coupons."""
