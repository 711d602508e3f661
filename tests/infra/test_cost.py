"""The estimate follows the templates and the price table."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from commerce.families import discover
from infra import cost, prices
from infra.cost import ASKS, IDLE, SCORES, AssemblyError, estimate
from infra.packaging import ROOT
from infra.prices import PriceError, Prices


def test_idle_is_the_sum_of_what_is_billed_by_the_month(dev):
    # GIVEN the resources that cost money while nobody calls
    table = prices.load()
    acls = dev.of("AWS::WAFv2::WebACL").values()
    by_hand = (
        sum(table["waf.acl_month"] + len(acl["Rules"]) * table["waf.rule_month"] for acl in acls)
        + len(dev.of("AWS::CloudWatch::Alarm")) * table["cloudwatch.alarm_month"]
        + table["cloudwatch.dashboard_month"]
        + table["kms.key_month"]
        + table["secrets_manager.secret_month"]
        + table["usage.stored_gb"] * table["s3.gb_month"]
        + table["usage.table_gb"] * (table["dynamodb.gb_month"] + table["dynamodb.recovery_gb_month"])
    )
    # WHEN the assembly is priced
    found = estimate(dev.folder)
    # THEN the total is that sum
    assert found.total(IDLE) == pytest.approx(by_hand)


def test_an_endpoint_on_instances_shows_in_the_idle_month(dev, grown):
    # GIVEN the same shop without and with two instances behind an endpoint
    hour = prices.load().instance("ml.m5.large")
    # WHEN both are priced
    hosting = [line for line in estimate(grown.folder).lines if line.what.startswith("endpoint on")]
    # THEN the difference is two instances for a month, for each of the families that have an endpoint
    assert [line.usd for line in hosting] == [pytest.approx(2 * 730 * hour)] * 2
    assert not [line for line in estimate(dev.folder).lines if line.what.startswith("endpoint on")]


def test_every_family_has_the_cost_of_its_retraining(grown):
    # GIVEN families prepared on Spark
    found = estimate(grown.folder)
    # WHEN the totals are listed
    families = {line.total for line in found.lines if "retraining" in line.total}
    # THEN there is one each, with Spark's share in it
    assert families == {f"a retraining of {name}" for name in (*discover(), "swift")}
    assert {line.unit for line in found.lines if line.what == "Spark"} == {"vCPU hour", "GB hour"}


def test_a_question_costs_its_endpoint_and_a_score_read_that_of_other_families_alone(dev):
    # GIVEN a shop whose one endpoint is of a family that answers questions of its own
    found = estimate(dev.folder)
    # WHEN the totals with a part of it are listed
    totals = {line.total for line in found.lines if line.what == "serverless endpoint"}
    # THEN questions pay for it, and for keeping what was shown
    assert totals == {ASKS}
    assert {"delivery to the lake", "profiles and actions", "what was shown"} <= {
        x.what for x in found.lines if x.total == ASKS
    }


def test_profiles_are_dearer_to_publish_than_scores(dev):
    # GIVEN a family that publishes scores, and one that publishes profiles
    published = {line.total: line.quantity for line in estimate(dev.folder).lines if line.what == "rows published"}
    # WHEN what they write is compared
    scores, profiles = (published[f"a retraining of {name}"] for name in ("churn", "recommendations"))
    # THEN a profile takes as many units as it has kilobytes
    assert profiles == prices.load()["usage.profile_kb"] * scores


@pytest.mark.parametrize("name", [name for name, spec in discover().items() if spec.entity == "product"])
def test_a_family_of_products_publishes_a_row_for_each_product(dev, name):
    # GIVEN a family of products
    # WHEN its retraining is priced
    (rows,) = [
        line
        for line in estimate(dev.folder).lines
        if (line.total, line.what) == (f"a retraining of {name}", "rows published")
    ]
    # THEN it pays for products and the size of what is said of them, however many customers there are
    table = prices.load()
    assert rows.quantity == table["usage.products"] * table["usage.product_kb"] / 1e6


def test_a_campaigns_letters_cost_more_than_everything_around_them(dev):
    # GIVEN what the mail service asks for the letters of a campaign
    table = prices.load()
    postage = table["usage.letters"] / 1000 * table["ses.thousand_mails"]
    # WHEN the campaign is priced
    found = estimate(dev.folder)
    (total,) = {line.total for line in found.lines if line.total.startswith("a campaign of")}
    # THEN it is that and less than half as much again, for functions, ledger, events and jobs
    assert total == "a campaign of 100,000 letters"
    assert postage < found.total(total) < 1.5 * postage
    assert {"sending", "taking in events", "ledger", "events queued", "exposures to the lake"} <= {
        line.what for line in found.lines if line.total == total
    }


def test_more_memory_makes_calls_dearer(dev, tmp_path):
    # GIVEN an assembly, and a copy whose score function has twice the memory
    for path in dev.folder.glob("*.template.json"):
        template = json.loads(path.read_text())
        for resource in template["Resources"].values():
            if str(resource.get("Properties", {}).get("FunctionName")).endswith("-scores"):
                resource["Properties"]["MemorySize"] *= 2
        (tmp_path / path.name).write_text(json.dumps(template))
    # WHEN both are priced
    time = [
        next(line.usd for line in estimate(folder).lines if (line.total, line.what) == (SCORES, "function time"))
        for folder in (dev.folder, tmp_path)
    ]
    # THEN the function's time costs twice as much
    assert time[1] == pytest.approx(2 * time[0])


def test_the_command_prints_what_the_estimate_says(dev):
    # GIVEN the command as the command line runs it
    command = [sys.executable, "-m", "infra.cost", "--assembly", str(dev.folder), "--json"]
    # WHEN it is run
    printed = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)
    # THEN it is the estimate, dated and with its source
    assert printed == json.loads(json.dumps(estimate(dev.folder).as_dict()))
    assert "2026-" in printed["source"]


def test_a_folder_without_templates_is_refused(tmp_path, capsys):
    # GIVEN an empty folder
    # WHEN it is priced
    code = cost.main(["--assembly", str(tmp_path)])
    # THEN the exit code and message say what to do
    assert code == 2
    assert "synthesize first" in capsys.readouterr().err


def test_a_price_that_is_missing_says_where_to_add_it():
    # GIVEN a table without an instance and without a service
    table = Prices({"sagemaker": {"instance_hour": {}}})
    # WHEN they are asked for
    # THEN the message names them
    with pytest.raises(PriceError, match=r"ml\.x9\.huge"):
        table.instance("ml.x9.huge")
    with pytest.raises(PriceError, match=r"waf\.acl_month"):
        table["waf.acl_month"]


def test_an_empty_folder_has_no_estimate(tmp_path):
    # GIVEN a folder without templates
    # WHEN it is read
    # THEN it is refused
    with pytest.raises(AssemblyError):
        estimate(tmp_path)
