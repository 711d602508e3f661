"""What the accounts family says, to people and to rules."""

from datetime import UTC, date, datetime

import pytest

from commerce import families
from commerce.families import discover, family
from commerce.families.accounts import AccountsAnswer
from commerce.families.accounts.answer import Flag, Group
from commerce.families.accounts.context import ACCOUNT

SPEC = family("accounts")


def test_before_the_first_release_nothing_is_said():
    # GIVEN no version WHEN the baseline answers THEN there is no probability and no flag, and rules see one account
    answer = SPEC.plain(None, datetime(2026, 3, 1, tzinfo=UTC), SPEC.parameters())
    assert isinstance(answer, AccountsAnswer)
    assert (answer.source, answer.probability, answer.group, answer.flags) == ("baseline", None, None, [])
    assert ACCOUNT.read(answer.model_dump(mode="json"))["accounts"] == 1.0


def test_an_answer_is_one_row_with_its_evidence():
    # GIVEN an answer with a flag WHEN it is shown THEN the row has group and evidence
    flag = Flag(name="coupon_abuse", evidence="the coupon WELCOME was used by 5 accounts of this group")
    answer = AccountsAnswer(
        source="model",
        as_of=date(2026, 3, 1),
        probability=0.4,
        group=Group(id="g", accounts=7, shared=[]),
        flags=[flag],
    )
    assert answer.rows() == [{"probability": 0.4, "accounts": 7, "flags": f"coupon_abuse: {flag.evidence}"}]


def test_events_are_decided_by_nothing_but_a_table_of_customers(monkeypatch):
    # GIVEN a shop without the accounts family
    known = [module for module in families.pkgutil.iter_modules(families.__path__) if module.name != "accounts"]
    monkeypatch.setattr(families.pkgutil, "iter_modules", lambda _path: known)
    # WHEN its families are found THEN fraud says what it lacks
    with pytest.raises(TypeError, match="family fraud cannot decide by accounts"):
        discover.__wrapped__()
