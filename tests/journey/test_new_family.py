"""Adding a family touches one spec and one folder: everything else finds it by itself."""

import json

from tests.journey.conftest import AS_OF


def test_the_stacks_have_the_new_family(shop):
    # GIVEN a project to which one spec and one folder were added
    # WHEN its stacks were synthesized and deployed
    groups = shop.client("sagemaker").list_model_package_groups()["ModelPackageGroupSummaryList"]
    # THEN the family has a model package group and an endpoint of its own
    names = {group["ModelPackageGroupName"] for group in groups}
    assert {"shopkeeper-local-churn", "shopkeeper-local-visits"} <= names
    assert (
        shop.client("sagemaker").describe_endpoint(EndpointName="shopkeeper-local-visits")["EndpointStatus"]
        == "InService"
    )


def test_the_new_family_is_trained_released_as_a_canary_and_answers_in_real_time(loaded):
    # GIVEN the shop's history
    # WHEN the new family goes through the same workflow
    result = loaded.shopkeeper("retrain", "visits", "--as-of", AS_OF.isoformat())
    # THEN it is released, and its endpoint answers through the same API
    assert result.returncode == 0, result.stdout + result.stderr
    answers = json.loads(loaded.shopkeeper("score", "0", "1", "2", "--json").stdout)
    assert {answer["scores"]["visits"]["source"] for answer in answers} == {"model"}
