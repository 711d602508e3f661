"""A token proves what was signed, until it expires, and nothing else does."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.common.tokens import TokenError, sign, verify

EXPIRES = datetime(2027, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 24, tzinfo=UTC)
NAMES = st.text(min_size=1, max_size=60).filter(lambda name: name.isprintable())


@given(customer=NAMES, campaign=NAMES, secret=st.text(min_size=1, max_size=60))
def test_what_was_signed_is_read_back(customer, campaign, secret):
    # GIVEN a token of any customer and campaign
    token = sign(secret, customer, campaign, "letter-1", EXPIRES)
    # WHEN it is verified
    claims = verify([secret], token, NOW)
    # THEN it says the same, and is fit to stand in a link
    assert (claims.customer_id, claims.campaign_id, claims.letter_id) == (customer, campaign, "letter-1")
    assert claims.expires == EXPIRES
    assert all(c.isascii() and (c.isalnum() or c in "-_.") for c in token)


@given(data=st.data())
def test_any_change_of_a_token_is_refused(data):
    # GIVEN a token
    token = sign("secret", "c-1", "spring", "letter-1", EXPIRES)
    # WHEN one of its characters is another, absent, or one is added
    place = data.draw(st.integers(0, len(token)))
    changed = data.draw(
        st.sampled_from(["replaced", "removed", "added", "cut"]).map(
            lambda how: {
                "replaced": token[:place] + data.draw(st.characters(codec="utf-8")) + token[place + 1 :],
                "removed": token[:place] + token[place + 1 :],
                "added": token[:place] + data.draw(st.characters(codec="utf-8")) + token[place:],
                "cut": token[:place],
            }[how]
        )
    )
    # THEN it is refused, unless nothing was changed
    if changed != token:
        with pytest.raises(TokenError) as refused:
            verify(["secret"], changed, NOW)
        assert refused.value.kind == "invalid"


@given(token=st.text(max_size=3000) | st.from_regex(r"v1\.[A-Za-z0-9_-]*\.[A-Za-z0-9_-]*", fullmatch=True))
def test_no_text_is_a_token(token):
    # GIVEN any text
    # WHEN it is verified
    # THEN it is refused, and nothing else happens
    with pytest.raises(TokenError):
        verify(["secret"], token, NOW)


def test_claims_cannot_be_put_under_anothers_signature():
    # GIVEN two tokens
    mine, theirs = (sign("secret", customer, "spring", "letter", EXPIRES) for customer in ("c-1", "c-2"))
    # WHEN the claims of one stand under the signature of the other
    mixed = ".".join([*theirs.split(".")[:2], mine.split(".")[2]])
    # THEN it is refused
    with pytest.raises(TokenError, match="invalid"):
        verify(["secret"], mixed, NOW)


@pytest.mark.parametrize(("seconds", "good"), [(-1, True), (0, False), (1, False)])
def test_a_token_is_good_until_it_expires(seconds, good):
    # GIVEN a token
    token = sign("secret", "c-1", "spring", "letter-1", EXPIRES)
    # WHEN it is used around its last moment
    # THEN it works before and not from then on, and a person can be told why
    now = EXPIRES + timedelta(seconds=seconds)
    if good:
        assert verify(["secret"], token, now).customer_id == "c-1"
    else:
        with pytest.raises(TokenError) as refused:
            verify(["secret"], token, now)
        assert refused.value.kind == "expired"


def test_a_rotated_secret_still_verifies_and_a_foreign_one_does_not():
    # GIVEN a token signed before the secret was rotated
    token = sign("old", "c-1", "spring", "letter-1", EXPIRES)
    # WHEN it is verified with the new secret and the one before it, and with others
    # THEN the first is good
    assert verify(["new", "old"], token, NOW).customer_id == "c-1"
    with pytest.raises(TokenError):
        verify(["new", "newer"], token, NOW)
