"""Rules that hold until a shop has its own: what hardly any person does."""

from __future__ import annotations

from commerce.rules.book import Rule

RULES = (
    Rule(
        id="crawler",
        when='event.user_agent.contains("bot") || event.user_agent.contains("crawler") || '
        'event.user_agent.contains("spider")',
        outcome="review",
        reason="the browser calls itself a robot",
    ),
    Rule(
        id="flood",
        when="past.ip_requests_counted_sum_1h >= 5000.0",
        outcome="block",
        reason="thousands of requests of one internet address within the hour",
    ),
    Rule(
        id="no-pictures",
        when="past.requests >= 100.0 && past.images == 0.0 && past.html >= 0.9",
        outcome="review",
        reason="many pages, and not one picture",
    ),
)
