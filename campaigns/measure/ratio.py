"""Whether the arms are still as large to each other as they were allocated (sample ratio mismatch).

Fabijan et al., *Diagnosing sample ratio mismatch in online controlled experiments* (2019): a comparison whose arms
lost customers unequally is not to be trusted, whatever its interval says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scipy.stats import chi2_contingency, fisher_exact

from commerce.campaigns.campaign import HOLDOUT
from commerce.campaigns.result import SampleRatio

FLAGGED_BELOW = 0.001
_FEWEST = 5
"""Expected losses of an arm from which on the chi-square's approximation holds; else Fisher's exact test."""


def sample_ratio(allocated: Mapping[str, int], analysed: Mapping[str, int]) -> SampleRatio:
    """`allocated` and `analysed`: customers by arm, the holdout among them.

    Tests whether customers were lost (or came twice) alike in every arm: chi-square of arm × analysed or not.
    """
    arms = sorted(set(allocated) | set(analysed))
    before = {arm: allocated.get(arm, 0) for arm in arms}
    now = {arm: analysed.get(arm, 0) for arm in arms}
    total, left = sum(before.values()), sum(now.values())
    expected = {arm: left * count / total if total else 0.0 for arm, count in before.items()}
    p_value = _p_value(before, now)
    return SampleRatio(expected=expected, observed=now, p_value=p_value, ok=p_value >= FLAGGED_BELOW)


def _p_value(before: Mapping[str, int], now: Mapping[str, int]) -> float:
    if any(now[arm] > before[arm] for arm in before):
        return 0.0
    lost = {arm: before[arm] - now[arm] for arm in before}
    total, gone = sum(before.values()), sum(lost.values())
    if gone in (0, total):
        return 1.0
    arms = [arm for arm in before if before[arm]]
    tested: Any
    if min(gone * before[arm] / total for arm in arms) >= _FEWEST:
        tested = chi2_contingency([[now[a] for a in arms], [lost[a] for a in arms]], correction=False)
        return float(tested.pvalue)
    sent = [arm for arm in arms if arm != HOLDOUT]
    held = [now.get(HOLDOUT, 0), lost.get(HOLDOUT, 0)]
    tested = fisher_exact([held, [sum(now[a] for a in sent), sum(lost[a] for a in sent)]])
    return float(tested.pvalue)
