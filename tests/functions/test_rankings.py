"""`GET /v1/<collection>/<list>` through the real handler: pages of one version, filters, and a sheet that is safe."""

import csv
import io
import json
from datetime import UTC, date, datetime
from urllib.parse import parse_qs

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from commerce import runs
from commerce.families import family
from commerce.families.stock.ranking import StockAction
from commerce.rankings import RankedPage, RankingManifest
from commerce.release import Release
from commerce.scores import Chunk
from functions.common import releases
from functions.common.releases import Pointer
from functions.rankings import logic, sheet
from functions.rankings.handler import handler
from functions.rankings.requests import Asked, Token
from tests.functions.support import MODELS, proxy_event

SPEC = family("stock")
PATH = f"/v1/{SPEC.collection}/{SPEC.ranking.path}"
AS_OF = date(2026, 3, 2)
ROWS = 12


def action(number, **changes):
    """A row of the list: the lower the number, the more money at stake."""
    fields = dict.fromkeys(StockAction.model_fields) | {
        "product_id": f"p-{number}", "location_id": f"store-{number % 3}", "action": ("order", "markdown")[number % 2],
        "money_at_stake": 100.0 - number, "order_quantity": 6.0, "transfer_quantity": 0.0, "markdown": 0.0,
        "on_order": 0.0, "overstock": 0.0, "reason": "why",
    }  # fmt: skip
    return json.loads(StockAction.model_validate(fields | changes).model_dump_json())


def files(rows, part_rows):
    """(manifest, part by name) of a list."""
    cut = [rows[i : i + part_rows] for i in range(0, len(rows), part_rows)]
    parts = [Chunk(key=f"part-{n:05d}.jsonl", rows=len(of)) for n, of in enumerate(cut)]
    content = {p.key: "".join(json.dumps(row) + "\n" for row in of).encode() for p, of in zip(parts, cut, strict=True)}
    return RankingManifest(as_of=AS_OF, rows=len(rows), parts=parts), content


def put_list(account, version, rows, part_rows=5):
    """A version's list, as its run wrote it."""
    manifest, content = files(rows, part_rows)
    folder = runs.Run("stock", f"run-{version}").key(runs.RANKING).rpartition("/")[0]
    for name, body in {"manifest.json": manifest.model_dump_json().encode(), **content}.items():
        account.s3.put_object(Bucket=MODELS, Key=f"{folder}/{name}", Body=body)


def release(account, *versions):
    """The first version is live, the others can be rolled back to."""
    made = Release(family="stock", champion=versions[0], since=datetime.now(UTC), revision=1)
    artifacts = {v: f"s3://{MODELS}/runs/stock/run-{v}/model/job/output/model.tar.gz" for v in versions}
    account.dynamodb.put_item(TableName="test-releases", Item=releases.to_item(Pointer(made, artifacts)))


@pytest.fixture
def listed(account):
    """Version 3 with twelve rows is live."""
    put_list(account, "3", [action(n) for n in range(ROWS)])
    release(account, "3")
    return account


@pytest.fixture
def ask(context):
    """Ask for a page with these parameters."""

    def asked(*, headers=None, **query):
        changes = {"resource": PATH, "pathParameters": None, "queryStringParameters": query or None}
        return handler(proxy_event("get_scores", **changes, headers=headers or {}), context)

    return asked


def page(reply):
    assert reply["statusCode"] == 200, reply
    return RankedPage.model_validate_json(reply["body"])


def test_before_a_version_is_released_the_list_is_empty_and_says_so(account, ask):
    # GIVEN no release
    # WHEN the list is asked for
    found = page(ask())
    # THEN there is an answer all the same
    assert (found.source, found.total, found.rows, found.next) == ("baseline", 0, [], None)
    assert "released" in found.reason


def test_the_most_valuable_come_first_with_the_version_and_its_date(listed, ask):
    # GIVEN a live version
    # WHEN its first page is asked for
    found = page(ask(limit="4"))
    # THEN it has the largest, and says whose they are
    assert [row["product_id"] for row in found.rows] == ["p-0", "p-1", "p-2", "p-3"]
    assert (found.source, found.version, found.as_of, found.total) == ("model", "3", AS_OF, ROWS)


@pytest.mark.parametrize("sort", ["-money_at_stake", "money_at_stake"])
def test_the_pages_together_are_the_list_in_its_order(listed, ask, sort):
    # GIVEN pages smaller than the files
    found, query = [], {"limit": "3", "sort": sort}
    # WHEN one is asked for after the other by the token alone
    while query:
        one = page(ask(**query))
        found += [row["money_at_stake"] for row in one.rows]
        query = {"next": one.next, "limit": "3"} if one.next else None
    # THEN every row came once, in the order asked
    assert len(found) == ROWS
    assert found == sorted(found, reverse=sort.startswith("-"))


def test_only_rows_that_pass_every_filter_are_listed(listed, ask):
    # GIVEN a list of several actions and locations
    # WHEN one of each is asked for
    found = page(ask(action="order", location_id="store-0"))
    # THEN the others are left out
    assert [row["product_id"] for row in found.rows] == ["p-0", "p-6"]


def test_a_list_goes_on_with_its_version_when_another_is_released(listed, ask):
    # GIVEN a page of version 3, and version 4 released after it
    first = page(ask(limit="5"))
    put_list(listed, "4", [action(50)])
    release(listed, "4", "3")
    # WHEN the next page is asked for, and a new list
    following, fresh = page(ask(next=first.next)), page(ask())
    # THEN the one goes on with version 3, the other is of version 4
    assert (following.version, len(following.rows)) == ("3", ROWS - 5)
    assert (fresh.version, fresh.total) == ("4", 1)


def test_a_list_whose_version_is_gone_is_to_be_begun_again(listed, ask):
    # GIVEN a page of version 3, which the release does not know any more
    first = page(ask(limit="5"))
    release(listed, "5", "4")
    # WHEN the next page is asked for
    reply = ask(next=first.next)
    # THEN the answer says what to do
    assert reply["statusCode"] == 410
    assert "begin again" in json.loads(reply["body"])["error"]["message"]


def token(**changes):
    return Token(**{"version": "3", "sort": "-money_at_stake"} | changes).text()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "²"}, "limit"),
        ({"sort": "product_id"}, "sort"),
        ({"format": "xlsx"}, "format"),
        ({"product_id": "p-1"}, "no such parameter"),
        ({"next": "nonsense"}, "no token"),
        ({"next": token(), "sort": "money_at_stake"}, "another order"),
        ({"next": token(sort="reason")}, "another order"),
        ({"next": token(filters={"action": "order"}), "action": "none"}, "another order"),
        ({"next": token(filters={"nothing": "x"})}, "another order"),
    ],
)
def test_a_question_that_is_none_is_refused_with_what_is_wrong(listed, ask, query, said):
    # GIVEN a live version
    # WHEN something impossible is asked
    reply = ask(**query)
    # THEN the answer says so
    assert reply["statusCode"] == 400
    assert said in json.loads(reply["body"])["error"]["message"]


@pytest.mark.parametrize("how", [{"headers": {"accept": "text/csv"}}, {"format": "csv"}])
def test_who_wants_a_sheet_gets_one(listed, ask, how):
    # GIVEN a list
    # WHEN it is asked for as CSV
    reply = ask(**how)
    # THEN it has a line of names and every row
    assert reply["headers"]["Content-Type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(reply["body"], newline="")))
    assert [row["product_id"] for row in rows] == [f"p-{n}" for n in range(ROWS)]
    assert rows[0]["order_by"] == "" and float(rows[0]["money_at_stake"]) == 100.0


def test_a_long_sheet_says_where_it_goes_on(listed, ask):
    # GIVEN a sheet of five rows
    reply = ask(format="csv", limit="5")
    # WHEN its link is followed
    link = reply["headers"]["Link"]
    query = {name: values[0] for name, values in parse_qs(link[link.index("?") + 1 : link.index(">")]).items()}
    following = ask(**query)
    # THEN the next five rows come
    assert [line.split(",")[0] for line in following["body"].splitlines()[1:]] == [f"p-{n}" for n in range(5, 10)]


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=8)


@given(
    rows=st.lists(st.fixed_dictionaries({"a": TEXT, "b": st.none() | st.floats(allow_nan=False) | TEXT}), max_size=5)
)
@settings(max_examples=100)
def test_a_sheet_can_be_read_again_and_holds_no_formula(rows):
    # GIVEN cells of any text
    # WHEN they are written and read again
    lines = list(csv.reader(io.StringIO(sheet.text(["a", "b"], rows), newline="")))
    # THEN every row is there, and no text begins a formula
    assert lines[0] == ["a", "b"] and len(lines) == 1 + len(rows)
    for row, cells in zip(rows, lines[1:], strict=True):
        for value, cell in zip((row["a"], row["b"]), cells, strict=True):
            if isinstance(value, str):
                assert cell in (value, f"'{value}") and not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@given(
    count=st.integers(0, 40), part=st.integers(1, 9), limit=st.integers(1, 15), descending=st.booleans(),
    wanted=st.sampled_from([{}, {"action": "order"}, {"location_id": "store-2"}, {"action": "none"}]),
)  # fmt: skip
@settings(max_examples=100)
def test_however_it_is_cut_each_row_comes_once_in_order(count, part, limit, descending, wanted):
    # GIVEN a list in parts
    rows = [action(n) for n in range(count)]
    manifest, content = files(rows, part)
    sort = "-money_at_stake" if descending else "money_at_stake"
    asked = Asked(SPEC, SPEC.ranking, limit, "json", sort, wanted, None)
    # WHEN its pages are read until there is no next one
    found, token = [], asked.begin("3")
    while token:
        some, token = logic.page(asked, token, manifest, content.__getitem__)
        assert len(some) <= limit
        found += some
    # THEN it is the list, filtered, in the order asked
    expected = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    assert found == (expected if descending else expected[::-1])
