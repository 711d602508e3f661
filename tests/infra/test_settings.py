"""Settings: what is accepted, and how clearly the rest is refused."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from commerce import runs
from commerce.families import discover
from infra.settings import ENVIRONMENTS, Settings, SettingsError, check, load

MINIMAL = {"name": "dev", "region": "us-east-1"}


@pytest.mark.parametrize("env", sorted(p.stem for p in ENVIRONMENTS.glob("*.toml")))
def test_every_environment_of_the_project_is_usable(env):
    # GIVEN an environment's file
    # WHEN it is read
    settings = load(env)
    # THEN it is the environment it is called after
    assert settings.name == env


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"regoin": "us-east-1"}, "regoin: unknown key"),
        ({"engine": "pandas"}, "engine: Input should be 'duckdb' or 'spark'"),
        ({"name": "production"}, "name: "),
        ({"name": "dev-2"}, "name: "),
        ({"region": "cn-north-1"}, "another AWS partition"),
        ({"account": "12345"}, "account: "),
        ({"alarm_email": "nobody"}, "alarm_email: "),
        ({"retention": {"log_days": 8}}, "retention.log_days: "),
        ({"endpoint": {"mode": "provisioned", "min_instances": 5, "max_instances": 2}}, "must not exceed"),
        ({"endpoint": {"mode": "provisioned", "instance_type": "ml.c6g.large"}}, "instance_type: "),
        ({"families": {"chrun": {}}}, "families.chrun: no such family; there are access"),
        ({"families": {"churn": {"schedule": "weekly"}}}, "families.churn.schedule: "),
        ({"families": {"churn": {"parameters": {"horizon": 30}}}}, "families.churn.parameters.horizon: unknown key"),
        ({"families": {"churn": {"parameters": {"horizon_days": 1}}}}, "families.churn.parameters.horizon_days: "),
        ({"families": {"churn": {"resources": {"disk": 30}}}}, "families.churn.resources: unknown keys ['disk']"),
        ({"families": {"churn": {"resources": {"volume_gb": 1}}}}, "families.churn.resources.volume_gb: "),
    ],
)
def test_a_mistake_is_named_with_its_key_and_file(change, said):
    # GIVEN settings with one mistake
    raw = MINIMAL | change
    # WHEN they are checked
    with pytest.raises(SettingsError) as refused:
        check(raw, "dev.toml")
    # THEN the message names the file, the key and what is wrong
    assert str(refused.value).startswith("dev.toml cannot be used:")
    assert said in str(refused.value)


def test_quiet_hours_can_be_switched_off():
    # GIVEN settings without quiet hours, for which TOML has no null
    raw = MINIMAL | {"campaigns": {"sending": {"quiet_from": "none"}}}
    # WHEN they are read
    sending = check(raw, "dev.toml").campaigns.sending
    # THEN there are none
    assert sending.quiet_from is None


def test_all_mistakes_are_said_at_once():
    # GIVEN settings with two mistakes
    raw = MINIMAL | {"engine": "pandas", "alarm_email": "nobody"}
    # WHEN they are checked
    with pytest.raises(SettingsError) as refused:
        check(raw, "dev.toml")
    # THEN both are in the message
    assert "engine" in str(refused.value) and "alarm_email" in str(refused.value)


def test_an_unknown_environment_says_which_there_are():
    # GIVEN a name without a file
    # WHEN it is asked for
    with pytest.raises(SettingsError) as refused:
        load("staging")
    # THEN the message lists the environments there are
    assert "dev, local, prod" in str(refused.value)


def test_a_file_that_calls_itself_otherwise_is_refused(tmp_path):
    # GIVEN a copy of dev whose name was not changed
    (tmp_path / "test.toml").write_text((ENVIRONMENTS / "dev.toml").read_text())
    # WHEN it is read
    # THEN it is refused, since its resources would be dev's
    with pytest.raises(SettingsError, match="make them equal"):
        load("test", tmp_path)


def test_broken_toml_is_said_to_be_broken(tmp_path):
    # GIVEN a file that is no TOML
    (tmp_path / "dev.toml").write_text("name = ")
    # WHEN it is read
    # THEN the message says so
    with pytest.raises(SettingsError, match="not valid TOML"):
        load("dev", tmp_path)


def test_a_shops_parameters_and_sizes_win_over_the_specs():
    # GIVEN settings that change one parameter and one size
    text = 'name="dev"\nregion="us-east-1"\n[families.churn]\nparameters={horizon_days=60}\nresources={volume_gb=100}'
    settings = check(tomllib.loads(text), "dev.toml")
    churn = discover()["churn"]
    # WHEN they are asked for
    parameters, resources = settings.parameters(churn), settings.resources(churn)
    # THEN those are the shop's and the others the spec's
    assert parameters["horizon_days"] == 60 and parameters["active_days"] == 365
    assert (resources.volume_gb, resources.training_instance) == (100, churn.resources.training_instance)


@given(st.from_regex(r"[a-z][a-z0-9]{1,7}", fullmatch=True))
def test_every_accepted_name_leaves_room_for_the_longest_job_name(name):
    # GIVEN a name that the settings accept, and the longest family and step
    settings = Settings.model_validate(MINIMAL | {"name": name})
    # WHEN a job is named
    job = runs.job_name(settings.name, "a" * 15, "evaluate", "20240101-abcdef") + "-12345678"
    # THEN SageMaker accepts it
    assert len(job) <= 63
