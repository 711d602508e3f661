"""The effect in one plain sentence."""

from __future__ import annotations

import math
from datetime import datetime

from campaigns.measure.power import SHOWN
from commerce.campaigns.result import Effect

_SECONDS = 86_400


def verdict(
    effect: Effect | None,
    *,
    trusted: bool,
    needed: int | None,
    currency: str | None,
    window: tuple[datetime, datetime],
    at: datetime,
) -> str:
    """What the newest look says. `effect` is the one that the campaign is about; None where nothing can be compared.

    `trusted`: whether the sample ratio is as allocated. `at`: the look's time, before the end of `window` (start, end)
    where looks are still to come.
    """
    if effect is None:
        return "nothing can be said: too few customers have a letter or are held out"
    if not trusted:
        return "nothing can be said: the arms lost customers unequally, so that they no longer compare"
    passed, altogether = ((end - window[0]).total_seconds() / _SECONDS for end in (at, window[1]))
    so_far = "" if at >= window[1] else f"after {_days(passed)} of {_days(altogether)} days "
    if effect.significant:
        return f"{so_far}{_shown(effect, currency)}"
    if effect.low == effect.high:
        return f"no effect shown; {so_far}all customers of a group have done the same"
    if so_far:
        return f"no effect shown {so_far.rstrip()} ({_interval(effect, currency)}); looks go on"
    return f"no effect shown ({_interval(effect, currency)}); {_lacking(needed)}"


def percent(value: float) -> str:
    """`4.1 %`, with as many digits as tell small shares apart."""
    digits = 1 if abs(value) >= 0.001 or value == 0 else 2
    return _minus(f"{100 * value:,.{digits}f} %")


def money(value: float, currency: str | None) -> str:
    """`1,234 USD`, cents for small amounts."""
    return _minus(f"{value:,.{0 if abs(value) >= 100 else 2}f} {currency or ''}".rstrip())


def amount(effect: Effect, value: float, currency: str | None) -> str:
    """A mean or a difference of the effect's metric, in its own unit."""
    return _minus(f"{100 * value:.2f} %") if effect.metric == "conversion" else money(value, currency)


def _shown(effect: Effect, currency: str | None) -> str:
    more = "more" if effect.difference > 0 else "fewer" if effect.metric == "conversion" else "less"
    sign = 1 if effect.difference > 0 else -1
    total = sign * effect.total
    if effect.metric == "conversion":
        what, altogether = "customers to order", f"about {total:,.0f} customers"
    else:
        what, altogether = "revenue", f"about {money(total, currency)}"
    if effect.relative is not None and effect.relative_low is not None and effect.relative_high is not None:
        ends = sorted((sign * effect.relative_low, sign * effect.relative_high))
        size, around = percent(sign * effect.relative), f"{percent(ends[0])} to {percent(ends[1])}"
    else:
        ends = sorted((sign * effect.low, sign * effect.high))
        size = amount(effect, sign * effect.difference, currency)
        around = f"{amount(effect, ends[0], currency)} to {amount(effect, ends[1], currency)} per customer written to"
    return f"the letters brought {size} {more} {what} ({around}), {altogether}"


def _interval(effect: Effect, currency: str | None) -> str:
    if effect.relative_low is not None and effect.relative_high is not None:
        return f"{_signed(percent(effect.relative_low))} to {_signed(percent(effect.relative_high))}"
    low, high = (amount(effect, value, currency) for value in (effect.low, effect.high))
    return f"{_signed(low)} to {_signed(high)} per customer"


def _lacking(needed: int | None) -> str:
    shown = f"+{SHOWN:.0%}".replace("%", " %")
    if needed is None:
        return "how many more customers it would take cannot be told"
    if needed == 0:
        return f"there were customers enough to see {shown}"
    return f"{_round(needed):,} more customers needed to see {shown}"


def _round(count: int) -> int:
    """Two digits that count, upwards: more would claim to know the noise better than it is known."""
    step = 10 ** max(int(math.log10(count)) - 1, 0)
    return math.ceil(count / step) * step


def _minus(text: str) -> str:
    return f"−{text[1:]}" if text.startswith("-") else text


def _signed(text: str) -> str:
    return text if text.startswith("−") else f"+{text}"


def _days(days: float) -> str:
    return f"{days:.0f}" if abs(days - round(days)) < 0.05 else f"{days:.1f}"
