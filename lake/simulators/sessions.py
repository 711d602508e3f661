"""Simulated sessions of a shop's site: people (`browsing`) and three kinds of robot (`robots`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pyarrow as pa

from lake.simulators import agents
from lake.simulators.browsing import browsed
from lake.simulators.internet import COUNTRIES, addresses
from lake.simulators.people import People, PeopleAssumptions, people
from lake.simulators.robots import crawled, hoarded, scraped
from lake.simulators.simulated import DAY, Simulated, finished, moments, tokens
from lake.simulators.site import Site
from lake.simulators.traffic import Requests, statistics
from lake.simulators.visiting import unseen, visits


@dataclass(frozen=True)
class SessionAssumptions:
    """What sessions are like. Every number is an assumption, none was measured in a shop."""

    people: PeopleAssumptions = field(default_factory=PeopleAssumptions)
    per_customer_per_day: float = 0.2
    logged_in: float = 0.35
    """Share of people's sessions with a customer known."""
    crawler_per_1000: float = 50.0
    """Sessions of declared crawlers per 1,000 of people; likewise below."""
    scraper_per_1000: float = 50.0
    hoarder_per_1000: float = 10.0
    same_device: float = 0.3
    """Share of scrapers' and hoarders' sessions that show a fingerprint that others of their kind show too."""
    shared_devices: int = 40
    """How many such fingerprints there are."""
    hosted: float = 0.3
    """Share of scrapers' and hoarders' addresses that are hosted machines'; the others are households'."""
    hoarder_logged_in: float = 0.5
    unreported: float = 0.15
    """Share of undeclared robots' sessions that no review finds: no label ever comes."""
    declared_days: tuple[float, float] = (0.0, 1.0)
    reviewed_days: tuple[float, float] = (0.5, 10.0)


def sessions(assumptions: SessionAssumptions, *, days: int, seed: int, start: date = date(2025, 1, 1)) -> Simulated:
    """Sessions of `days` days and their labels, the same for the same assumptions and seed.

    Labels reach beyond the last day: who wants what a shop knew on a day leaves out those of later.
    """
    rng = np.random.default_rng(seed)
    folk, site = people(assumptions.people, days, rng), Site(rng)
    parts = [_rows(site, made, start) for made in _made(assumptions, folk, site, rng)]
    return finished("session", parts)


def _made(
    a: SessionAssumptions, folk: People, site: Site, rng: np.random.Generator
) -> Iterator[tuple[Requests, dict[str, np.ndarray]]]:
    """Requests of each kind of session, and what is known of each session (s,) beside them."""
    seen = visits(folk, a.per_customer_per_day, rng)
    s = len(seen.customer)
    known = {
        "customer": np.where(rng.random(s) < a.logged_in, seen.customer, -1),
        "ip": seen.ip,
        "device": seen.device,
        "agent": agents.of_devices(seen.device),
        "pattern": np.full(s, "person"),
        "known_after": np.full(s, np.nan),
    }
    if s:
        yield browsed(site, seen.at * DAY, rng), known
    kinds = (
        (crawled, "crawler", a.crawler_per_1000, _crawler),
        (scraped, "scraper", a.scraper_per_1000, _hidden),
        (hoarded, "hoarder", a.hoarder_per_1000, _hoarder),
    )
    for behaviour, pattern, per_1000, identity in kinds:
        n = rng.poisson(per_1000 * s / 1000)
        if n:
            begins = np.floor(rng.uniform(0, folk.days, n) * DAY)
            shown = identity(a, rng.choice(folk.country, n), rng)
            yield behaviour(site, begins, rng), {**shown, "pattern": np.full(n, pattern)}


def _crawler(a: SessionAssumptions, where: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A declared crawler: it says what it is, and comes from few hosted machines, not from `where` people are."""
    n = len(where)
    country = np.full(n, COUNTRIES.index("US"))
    return {
        "customer": np.full(n, -1),
        "ip": addresses("hosting", country, 64 + rng.integers(8, size=n)),
        "device": np.full(n, -1),
        "agent": np.array(agents.CRAWLERS, object)[rng.integers(len(agents.CRAWLERS), size=n)],
        "known_after": rng.uniform(*a.declared_days, n),
    }


def _hidden(a: SessionAssumptions, where: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A robot that passes for a person of countries `where` (n,): another address each time, a browser's name."""
    n = len(where)
    host = rng.integers(1 << 16, size=n)
    pool = unseen(a.shared_devices, rng)[rng.integers(a.shared_devices, size=n)]
    device = np.where(rng.random(n) < a.same_device, pool, unseen(n, rng))
    hosted = rng.random(n) < a.hosted
    return {
        "customer": np.full(n, -1),
        "ip": np.where(hosted, addresses("hosting", where, host), addresses("home", where, host)),
        "device": device,
        "agent": agents.of_devices(device),
        "known_after": np.where(rng.random(n) < a.unreported, np.nan, rng.uniform(*a.reviewed_days, n)),
    }


def _hoarder(a: SessionAssumptions, where: np.ndarray, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """As `_hidden`, at times in an account made for it."""
    n = len(where)
    account = np.where(rng.random(n) < a.hoarder_logged_in, unseen(n, rng), -1)
    return {**_hidden(a, where, rng), "customer": account}


def _rows(site: Site, made: tuple[Requests, dict[str, np.ndarray]], start: date) -> pa.Table:
    """Columns of `sessions`, of requests and of what was made by number."""
    requests, known = made
    traffic = statistics(requests, site.paths)
    last = np.r_[requests.session[1:] != requests.session[:-1], True]
    told = ~np.isnan(known["known_after"])
    declared = known["pattern"] == "crawler"
    return pa.table(
        {
            "customer_id": tokens("customer-", known["customer"]),
            "anonymous_id": tokens("visitor-", known["device"]),
            "ended_at": moments(requests.at[last] / DAY, start),
            "ip": pa.array(known["ip"], pa.string()),
            "user_agent": pa.array(known["agent"], pa.string()),
            "device_id": tokens("device-", known["device"]),
            **{name: pa.array(values, pa.float64(), mask=np.isnan(values)) for name, values in traffic.items()},
            "pattern": pa.array(known["pattern"].astype(object), pa.string()),
            "known_after": pa.array(known["known_after"], pa.float64(), mask=~told),
            "source": pa.array(np.where(declared, "provider", "review").astype(object), pa.string(), mask=~told),
        }
    )
