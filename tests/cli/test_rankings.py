"""The verbs of lists, such as `shopkeeper stock-recommendations`, against a server that answers as the API does."""

import pytest

from commerce.families import discover
from commerce.rankings import RankedPage

LISTS = {f"{s.collection}-{s.ranking.path}": s for s in discover().values() if s.ranking}
STOCK = LISTS["stock-recommendations"]
PATH = "/v1/stock/recommendations"
ROWS = [{"product_id": "p-1", "money_at_stake": 12.5, "reason": "nearly gone [soon]"}]


def page(**changes):
    made = {"family": "stock", "source": "model", "version": "3", "as_of": "2026-03-02", "total": 40, "rows": ROWS}
    return RankedPage.model_validate(made | changes)


def test_the_first_rows_are_shown_with_how_many_there_are(api, run):
    # GIVEN a list of the API
    api.says(f"GET {PATH}?sort=-money_at_stake&limit=10", page())
    # WHEN it is asked for
    shown = run("stock-recommendations")
    # THEN its rows are there, of how many, and whose they are
    assert shown.exit_code == 0, shown.output
    assert "p-1" in shown.output and "nearly gone [soon]" in shown.output
    assert "1 of 40 from model 3, as of 2026-03-02" in shown.output


def test_an_empty_list_says_why(api, run):
    # GIVEN no released version
    empty = page(source="baseline", version=None, as_of=None, total=0, rows=[], reason="no version is released yet")
    api.says(f"GET {PATH}?sort=-money_at_stake&limit=10", empty)
    # WHEN the list is asked for
    shown = run("stock-recommendations")
    # THEN the reason is told
    assert (shown.exit_code, "no version is released yet" in shown.output) == (0, True)


def test_filters_and_order_are_asked_of_the_api(api, run):
    # GIVEN a list
    asked = f"GET {PATH}?sort=money_at_stake&action=order&location_id=a%26b&limit=3"
    api.says(asked, page())
    # WHEN part of it is asked for the other way round
    shown = run("stock-recommendations", "--where", "action=order", "--where", "location_id=a&b", "--ascending",
                "--limit", 3, "--json")  # fmt: skip
    # THEN the API was asked just that
    assert shown.exit_code == 0, shown.output
    assert len(api.to(asked)) == 1


def test_the_whole_list_is_written_as_one_sheet(api, run, tmp_path):
    # GIVEN a list of two pages, the first with a link to the second
    first, second = f"{PATH}?sort=-money_at_stake&format=csv", f"{PATH}?format=csv&next=abc"
    api.says(f"GET {first}", b"product_id,reason\r\np-1,x\r\n")
    api.says(f"GET {second}", b'product_id,reason\r\np-2,"a\r\nb"\r\n')
    api.links[f"GET {first}"] = '<?format=csv&next=abc>; rel="next"'
    file = tmp_path / "list.csv"
    # WHEN it is written
    shown = run("stock-recommendations", "--csv", file)
    # THEN the names stand once, and no row is lost
    assert shown.exit_code == 0, shown.output
    assert file.read_bytes() == b'product_id,reason\r\np-1,x\r\np-2,"a\r\nb"\r\n'


@pytest.mark.parametrize("wrong", ["action", "reason=x"])
def test_a_filter_that_is_none_is_wrong_usage(api, run, wrong):
    # GIVEN a column that a list cannot be filtered by
    # WHEN it is used
    shown = run("stock-recommendations", "--where", wrong)
    # THEN the verb says which there are, and asks nothing
    assert shown.exit_code == 2
    assert "action, location_id" in shown.output
    assert api.asked == []
