"""A simulated shop's site: its pages, and what they are made of."""

from __future__ import annotations

import numpy as np

from lake.simulators.traffic import CSS, DATA, HTML, IMAGE, JS, Paths

PRODUCTS, FOLDERS = 1500, 30
"""Of the shop: assumptions, as all below."""
SEARCHES, STYLES, SCRIPTS, DECOR = 50, 6, 12, 24
"""Result pages of searches, style sheets, scripts, and images that belong to no product."""
PICTURES = 6
"""Images of a product."""
ZIPF = 0.9
"""Exponent by which products' share of the visits falls with their rank."""
BYTES = {HTML: 12_000, CSS: 9_000, JS: 30_000, IMAGE: 15_000, DATA: 2_500}
"""Median size by type."""
SHARES = {HTML: 0.15, CSS: 0.12, JS: 0.2, IMAGE: 0.5, DATA: 0.03}
"""Of all requests by type, for the rarity of a path."""


class Site:
    """Numbers of paths by what they are, and `paths`, their properties."""

    home, cart, login = 0, 1, 2
    search = 3
    folder = search + SEARCHES
    product = folder + FOLDERS
    style = product + PRODUCTS
    script = style + STYLES
    decor = script + SCRIPTS
    picture = decor + DECOR
    data = picture + PRODUCTS * PICTURES
    """The first of its kind; `data` is what an app asks for of each product."""

    def __init__(self, rng: np.random.Generator) -> None:
        sizes = (3, SEARCHES, FOLDERS, PRODUCTS, STYLES, SCRIPTS, DECOR, PRODUCTS * PICTURES, PRODUCTS)
        types = np.repeat([HTML, HTML, HTML, HTML, CSS, JS, IMAGE, IMAGE, DATA], sizes)
        weight = (1.0 + np.arange(PRODUCTS)) ** -ZIPF
        self.weight = rng.permutation(weight / weight.sum())
        """Share of visits of each product."""
        self.folder_of = rng.integers(FOLDERS, size=PRODUCTS)
        shares = [_even(3), _even(SEARCHES) / 3, _even(FOLDERS), self.weight, _even(STYLES), _even(SCRIPTS)]
        shares += [_even(DECOR), np.repeat(self.weight, PICTURES) / PICTURES, self.weight]
        of_type = np.array([SHARES[t] for t in range(len(SHARES))])[types]
        median = np.array([BYTES[t] for t in range(len(BYTES))])[types]
        inside = self.folder + self.folder_of
        pages = ([0, 0, 0], np.full(SEARCHES, 1), self.folder + np.arange(FOLDERS), inside)
        parts = (np.full(STYLES + SCRIPTS, 2), np.full(DECOR, 3), np.repeat(inside, PICTURES), np.full(PRODUCTS, 4))
        self.paths = Paths(
            folder=np.concatenate([*pages, *parts]),
            depth=np.repeat([1, 2, 2, 3, 3, 3, 3, 4, 3], sizes),
            type=types,
            bytes=np.rint(median * rng.lognormal(0, 0.5, len(types))),
            rarity=-np.log(of_type * np.concatenate(shares)),
        )


def _even(n: int) -> np.ndarray:
    return np.full(n, 1 / n)
