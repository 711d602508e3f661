"""What the stacks hold: routes, schedules, families, the catalog."""

from __future__ import annotations

import json

import pytest
from jsonschema import Draft4Validator

from commerce.families import discover
from commerce.tables import TABLES
from infra.constructs import spark, workflow
from infra.constructs.workflow import WorkflowError

TRACKING = {"track", "identify", "page", "screen", "group", "alias", "batch"}
OPEN = {*(f"/v1/{kind}" for kind in TRACKING), "/v1/openapi.json", "/v1/unsubscribe"}
ACTIONS = {f"/v1/campaigns/{{id}}/{action}" for action in ("preview", "start", "pause", "resume", "cancel")}


def routes(assembly):
    """(method, path) → properties of every method of the API."""
    resources = assembly.of("AWS::ApiGateway::Resource")
    by_id = {id_.split("/")[1]: r for id_, r in resources.items()}

    def path(ref):
        if "Ref" not in ref:
            return ""
        resource = by_id[ref["Ref"]]
        return f"{path(resource['ParentId'])}/{resource['PathPart']}"

    return {(m["HttpMethod"], path(m["ResourceId"])): m for m in assembly.of("AWS::ApiGateway::Method").values()}


def test_the_api_has_the_documented_routes_and_no_other(dev):
    # GIVEN the OpenAPI document
    documented = json.loads((workflow.ROOT / "docs" / "openapi.json").read_text())
    wanted = {(verb.upper(), path) for path, item in documented["paths"].items() for verb in item}
    # WHEN the API's routes are listed, preflights aside
    found = {route for route in routes(dev) if route[0] != "OPTIONS"}
    # THEN they are the same
    assert found == {route for route in wanted if route[0] != "OPTIONS"}


def test_every_route_needs_a_key_but_those_for_browsers_and_customers(dev):
    # GIVEN the routes
    # WHEN those that need no API key are kept, preflights aside
    without = {path for (verb, path), m in routes(dev).items() if verb != "OPTIONS" and not m.get("ApiKeyRequired")}
    # THEN they are the tracking routes, the API's description, and the link in every letter
    assert without == OPEN


def test_every_family_of_products_is_read_by_product_with_a_key(dev):
    # GIVEN the families of products
    collections = [family.collection for family in discover().values() if family.collection]
    for collection in collections:
        # WHEN their route is looked at
        route = routes(dev)["GET", f"/v1/{collection}/{{product}}"]
        # THEN the function of the score routes answers it, for whoever has a key and names a product
        assert route["ApiKeyRequired"] and "Scores" in json.dumps(route["Integration"]["Uri"])
        assert route["RequestParameters"] == {"method.request.path.product": True}
    assert collections


def test_a_link_without_a_token_reaches_no_function(dev):
    # GIVEN the two ways to follow the link of a letter
    links = [m for (_, path), m in routes(dev).items() if path == "/v1/unsubscribe"]
    # WHEN their parameters are read
    # THEN the token must be there
    assert [m["HttpMethod"] for m in links] and len(links) == 2
    assert all(m["RequestParameters"] == {"method.request.querystring.token": True} for m in links)


def test_browsers_may_call_the_tracking_routes_alone(dev):
    # GIVEN the routes
    # WHEN those with a CORS preflight are kept
    preflights = {path for method, path in routes(dev) if method == "OPTIONS"}
    # THEN they are the tracking routes
    assert preflights == {f"/v1/{kind}" for kind in TRACKING}


def test_every_request_is_validated(dev):
    # GIVEN the routes and the one validator
    methods = [m for (method, _), m in routes(dev).items() if method != "OPTIONS"]
    (validator,) = dev.of("AWS::ApiGateway::RequestValidator").values()
    # WHEN they are looked at
    # THEN all use it, it checks body and parameters, and whatever takes a body of JSON has a schema
    assert validator["ValidateRequestBody"] and validator["ValidateRequestParameters"]
    assert all("RequestValidatorId" in m for m in methods)
    without = {
        path for (verb, path), m in routes(dev).items() if verb in ("POST", "PUT") and not m.get("RequestModels")
    }
    # Actions take nothing; a form has no schema, and its function reads nothing of it that could do harm.
    assert without == {*ACTIONS, "/v1/unsubscribe"}


def test_every_schema_is_one_that_api_gateway_takes(dev):
    # GIVEN the schemas of all bodies
    schemas = {m["Name"]: m["Schema"] for m in dev.of("AWS::ApiGateway::Model").values()}
    # WHEN they are held against draft 4, in which a schema has no references outside itself
    # THEN each is one, in one piece
    assert len(schemas) > 8
    for schema in schemas.values():
        Draft4Validator.check_schema(schema)
        assert "$ref" not in json.dumps(schema)


def test_the_batch_get_schema_is_what_the_function_accepts(dev):
    # GIVEN the schema that API Gateway checks
    schemas = {m["Name"]: m["Schema"] for m in dev.of("AWS::ApiGateway::Model").values()}
    # WHEN it is read
    asked = schemas["BatchGetRequest"]
    # THEN it is the contract's, constraints and all
    assert asked["properties"]["customer_ids"]["maxItems"] == 100
    assert asked["required"] == ["customer_ids"] and asked["additionalProperties"] is False


def test_the_firewall_stands_before_the_api_with_a_limit_per_address(dev):
    # GIVEN the web ACL
    (acl,) = dev.of("AWS::WAFv2::WebACL").values()
    # WHEN its rules are read
    limits = [r["Statement"].get("RateBasedStatement", {}).get("Limit") for r in acl["Rules"]]
    managed = {r["Statement"].get("ManagedRuleGroupStatement", {}).get("Name") for r in acl["Rules"]}
    # THEN there are the setting's limit and AWS's common rules, and the ACL is on the stage
    assert 2000 in limits
    assert {"AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"} <= managed
    assert len(dev.of("AWS::WAFv2::WebACLAssociation")) == 1


def test_answers_of_the_gateway_itself_have_the_apis_error_shape(dev):
    # GIVEN what API Gateway answers on its own
    responses = dev.of("AWS::ApiGateway::GatewayResponse").values()
    # WHEN their templates are filled in
    bodies = [
        json.loads(r["ResponseTemplates"]["application/json"].replace("$context.error.messageString", '"no"'))
        for r in responses
    ]
    # THEN each is an error with a code and a message
    assert bodies and all(body["error"]["code"] and body["error"]["message"] == "no" for body in bodies)


def test_every_family_has_a_schedule_with_retries_and_a_dead_letter_queue(grown):
    # GIVEN two families
    schedules = list(grown.of("AWS::Scheduler::Schedule").values())
    # WHEN their schedules are read
    inputs = [json.loads(s["Target"]["Input"]).get("family") for s in schedules]
    # THEN each starts the workflow, tries again, and keeps what it could not start; so do the functions' schedules
    assert {*inputs} - {None} == {*discover(), "swift"}
    assert inputs.count(None) == 2
    for schedule in schedules:
        assert schedule["Target"]["RetryPolicy"]["MaximumRetryAttempts"] > 0
        assert "DeadLetterConfig" in schedule["Target"]


def test_the_laptops_schedules_are_there_and_do_not_run(local_assembly):
    # GIVEN the local environment
    # WHEN its schedules are read
    states = {s["State"] for s in local_assembly.of("AWS::Scheduler::Schedule").values()}
    # THEN they are disabled
    assert states == {"DISABLED"}


def test_a_table_family_has_no_endpoint(dev):
    # GIVEN a shop with families that answer from the table and others that do not
    live = [name for name, family in discover().items() if family.mode == "endpoint"]
    # WHEN endpoints are looked for
    found = {e["EndpointName"] for e in dev.of("AWS::SageMaker::Endpoint").values()}
    # THEN only the others have one
    assert found == {f"shopkeeper-dev-{name}" for name in live}


def test_an_endpoint_family_gets_its_endpoint_scaling_alarms_and_callers(grown):
    # GIVEN a family in endpoint mode on instances
    names = [e["EndpointName"] for e in grown.of("AWS::SageMaker::Endpoint").values()]
    (scaling,) = (
        s
        for s in grown.of("AWS::ApplicationAutoScaling::ScalableTarget").values()
        if "shopkeeper-grown-swift" in s["ResourceId"]
    )
    # WHEN what belongs to it is looked at
    alarms = {a["AlarmName"] for a in grown.of("AWS::CloudWatch::Alarm").values()}
    callers = [id_ for id_, p in grown.of("AWS::IAM::Policy").items() if "SwiftEndpoint" in json.dumps(p)]
    # THEN it has the name that functions ask for, scales between the settings, and is watched
    assert "shopkeeper-grown-swift" in names
    assert (scaling["MinCapacity"], scaling["MaxCapacity"]) == (2, 6)
    assert {"shopkeeper-grown-swift-errors", "shopkeeper-grown-swift-latency"} <= alarms
    assert len(callers) == 2 and any("Scores" in c for c in callers) and any("Rehearse" in c for c in callers)


def test_reports_are_made_daily_after_their_familys_retraining(dev):
    # GIVEN the schedules
    schedules = {s["Name"]: s for s in dev.of("AWS::Scheduler::Schedule").values()}
    for name, family in discover().items():
        # WHEN those of families that are monitored are read
        own = schedules.get(f"shopkeeper-dev-monitor-{name}")
        # THEN there is one each, that starts the monitor after the retraining of the same night
        assert (own is not None) == (family.monitoring is not None)
        if own is not None:
            minute, hour, *_ = own["ScheduleExpression"].removeprefix("cron(").split()
            before = schedules[f"shopkeeper-dev-retrain-{name}"]["ScheduleExpression"].removeprefix("cron(").split()
            assert (int(hour), int(minute)) > (int(before[1]) + 1, int(before[0]))
            assert json.loads(own["Target"]["Input"]) == {"family": name}


def test_every_family_has_a_model_package_group(grown):
    # GIVEN the families there are, and one more
    # WHEN the groups are read
    names = {g["ModelPackageGroupName"] for g in grown.of("AWS::SageMaker::ModelPackageGroup").values()}
    # THEN there is one each
    assert names == {f"shopkeeper-grown-{name}" for name in (*discover(), "swift")}


def test_spark_is_deployed_only_where_it_is_the_engine(dev, grown):
    # GIVEN an environment on DuckDB and one on Spark
    # WHEN EMR applications are looked for
    found = [len(a.of("AWS::EMRServerless::Application")) for a in (dev, grown)]
    # THEN only the latter has one
    assert found == [0, 1]


def test_the_spark_image_is_of_the_release_that_runs_it():
    # GIVEN the release of the application and the image's description
    dockerfile = (workflow.ROOT / "training" / "Dockerfile.spark").read_text()
    # WHEN they are held against each other
    # THEN they agree, and so do the interpreters
    assert f"emr-serverless/spark/{spark.RELEASE}:" in dockerfile
    assert f"install --assumeyes {spark.PYTHON.removeprefix('/usr/bin/')} " in dockerfile


def test_a_placeholder_that_nobody_fills_is_refused(tmp_path, monkeypatch):
    # GIVEN a definition that asks for what no stack gives
    (tmp_path / "stepfunctions").mkdir()
    (tmp_path / "stepfunctions" / "retrain.asl.json").write_text('{"Comment": "${Missing}"}')
    monkeypatch.setattr(workflow, "ROOT", tmp_path)
    # WHEN it is read with other values
    # THEN the message names both
    with pytest.raises(WorkflowError, match=r"\['Missing'\].*\['Given'\]"):
        workflow._definition("retrain", {"Given": "x"})


def test_alerts_follow_the_release_of_a_family_that_has_some_and_cannot_be_lost(dev):
    # GIVEN the rule on the shop's bus
    (rule,) = (r for r in dev.of("AWS::Events::Rule").values() if r["Name"] == "shopkeeper-dev-alerts")
    # WHEN it is read
    # THEN it hears releases of these families alone, and keeps what it cannot deliver
    alerting = [name for name, family in discover().items() if family.ranking and family.ranking.alerts]
    assert rule["EventPattern"]["detail-type"] == ["Retrain Released"]
    assert rule["EventPattern"]["detail"] == {"family": alerting}
    assert all("DeadLetterConfig" in target for target in rule["Targets"])


def test_athena_sees_every_lake_table_with_every_column(dev):
    # GIVEN the catalog
    catalog = {t["TableInput"]["Name"]: t["TableInput"] for t in dev.of("AWS::Glue::Table").values()}
    # WHEN it is held against the declared tables
    columns = {name: tuple(c["Name"] for c in t["StorageDescriptor"]["Columns"]) for name, t in catalog.items()}
    # THEN they agree, and partitions need no crawler
    assert columns == {name: table.column_names for name, table in TABLES.items()}
    assert all(t["Parameters"]["projection.enabled"] == "true" for t in catalog.values())


def test_events_arrive_by_day_below_the_prefix_that_training_reads(dev):
    # GIVEN the two streams
    streams = dev.of("AWS::KinesisFirehose::DeliveryStream").values()
    # WHEN their destinations are read
    prefixes = {s["ExtendedS3DestinationConfiguration"]["Prefix"] for s in streams}
    # THEN they are the lake's places for raw and rejected events
    assert prefixes == {"raw/events/dt=!{timestamp:yyyy-MM-dd}/", "rejected/dt=!{timestamp:yyyy-MM-dd}/"}
