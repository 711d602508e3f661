"""Settings of one environment: `infra/environments/<name>.toml`, typed and checked before anything is built."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from commerce.campaigns.shop import Sender, Sending
from commerce.families import discover
from commerce.family import Family, Resources

ENVIRONMENTS = Path(__file__).parent / "environments"

Schedule = Annotated[str, Field(pattern=r"^(cron\([^()]+\)|rate\([^()]+\))$")]
Removal = Literal["destroy", "retain"]
# Retention periods that CloudWatch Logs accepts.
LogDays = Literal[1, 3, 5, 7, 14, 30, 60, 90, 180, 365, 731, 1827, 3653]


# Sends nothing until it is replaced: SES only sends from an address whose domain was verified.
_EXAMPLE_SHOP = {
    "name": "Example Shop",
    "url": "https://shop.example",
    "address": "letters@shop.example",
    "postal_address": "1 Market Street, 12345 Exampleton",
}


class SettingsError(ValueError):
    """Settings that cannot be used; the message names the file, each key, and what is wrong with it."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Retention(_Section):
    """What is kept, for how long, and what `cdk destroy` leaves behind."""

    on_destroy: Removal = Field(default="retain", description="buckets, tables and key: removed, or kept, on destroy")
    empty_on_destroy: bool = Field(
        default=True, description="with `destroy`: objects and model versions are deleted first, which AWS asks for"
    )
    versioned: bool = Field(default=True, description="keep overwritten and deleted objects for `noncurrent_days`")
    noncurrent_days: Annotated[int, Field(ge=1, le=365)] = 30
    raw_days: Annotated[int, Field(ge=7, le=3650)] = Field(default=90, description="raw and rejected events")
    letters_days: Annotated[int, Field(ge=7, le=365)] = Field(
        default=30, description="the files by which a campaign is sent: its members, with their addresses"
    )
    runs_days: Annotated[int, Field(ge=30, le=3650)] = Field(default=400, description="training runs and their models")
    access_log_days: Annotated[int, Field(ge=1, le=3650)] = 90
    log_days: LogDays = 30
    enforce: bool = Field(default=True, description="remove every day what is past its table's own retention")


class ServerlessEndpoint(_Section):
    """A SageMaker endpoint that costs nothing while it is idle."""

    mode: Literal["serverless"] = "serverless"
    memory_mb: Literal[1024, 2048, 3072, 4096, 5120, 6144] = 3072
    max_concurrency: Annotated[int, Field(ge=1, le=200)] = 10


class ProvisionedEndpoint(_Section):
    """A SageMaker endpoint on instances, scaled by invocations per instance."""

    mode: Literal["provisioned"]
    # The image is x86-64, and only instances without local disks take a volume key.
    instance_type: Annotated[str, Field(pattern=r"^ml\.[cmrt]\d[ai]?\.[a-z0-9]+$")] = "ml.m5.large"
    min_instances: Annotated[int, Field(ge=1, le=50)] = 1
    max_instances: Annotated[int, Field(ge=1, le=50)] = 4
    invocations_per_minute: Annotated[int, Field(ge=1)] = Field(default=3000, description="per instance, the target")

    @model_validator(mode="after")
    def _bounds_in_order(self) -> Self:
        if self.min_instances > self.max_instances:
            raise ValueError("min_instances must not exceed max_instances")
        return self


class Canary(_Section):
    """How an endpoint family's new version is tried before everybody sees it."""

    share: Annotated[float, Field(gt=0, lt=1)] = Field(default=0.1, description="of the customers")
    wait_seconds: Annotated[int, Field(ge=1, le=86400)] = Field(default=600, description="while its alarms are watched")
    judged_seconds: Literal[10, 30, 60] = Field(
        default=60, description="an alarm judges the calls of so long at once; two of three such spells raise it"
    )


class Spark(_Section):
    """The EMR Serverless application, used when `engine = "spark"`."""

    max_vcpu: Annotated[int, Field(ge=4, le=400)] = 64
    max_memory_gb: Annotated[int, Field(ge=16, le=3000)] = 256
    idle_minutes: Annotated[int, Field(ge=1, le=60)] = 5


class Api(_Section):
    """The public face: limits and who may call it from a browser."""

    rate_per_second: Annotated[int, Field(ge=1, le=10_000)] = 500
    burst: Annotated[int, Field(ge=1, le=5_000)] = 1000
    key_rate_per_second: Annotated[int, Field(ge=1, le=10_000)] = Field(default=100, description="per API key")
    key_burst: Annotated[int, Field(ge=1, le=5_000)] = 200
    ip_requests_per_5_minutes: Annotated[int, Field(ge=10, le=2_000_000)] = 10_000
    allowed_origins: Annotated[list[Annotated[str, Field(pattern=r"^(\*|https?://[^/\s]+)$")]], Field(min_length=1)] = [
        "*"
    ]
    manage_logging_role: bool = Field(
        default=True,
        description="set API Gateway's account-wide logging role; false where the account's owner manages it",
    )


class Campaigns(_Section):
    """Who sends letters, and within which bounds."""

    sender: Sender = Field(default=Sender(**_EXAMPLE_SHOP), description="the shop, as its letters say it")
    sending: Sending = Sending()
    watch: bool = Field(default=True, description="measure every five minutes how long the oldest unsent part waits")

    @field_validator("sending", mode="before")
    @classmethod
    def _without_quiet_hours(cls, value: Any) -> Any:
        # TOML has no null: `quiet_from = "none"` says that there are no quiet hours.
        if isinstance(value, dict) and value.get("quiet_from") == "none":
            return {**value, "quiet_from": None}
        return value


class FamilySettings(_Section):
    """What a shop changes of a family's spec."""

    schedule: Schedule | None = Field(default=None, description="when it retrains; the spec's schedule when empty")
    enabled: bool = Field(default=True, description="whether the schedule runs; retraining by hand always works")
    parameters: dict[str, Any] = Field(default_factory=dict, description="of the family's `parameters` model")
    resources: dict[str, Any] = Field(default_factory=dict, description="of `Resources`, over the spec's own")


class Settings(_Section):
    """One environment."""

    # SageMaker allows 63 characters for a job's name, of which an environment has eight (commerce.runs.job_name);
    # without hyphens no environment's name can be the beginning of another's resources.
    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9]{1,7}$")]
    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    account: Annotated[str, Field(pattern=r"^\d{12}$")] | None = None
    engine: Literal["duckdb", "spark"] = "duckdb"
    checks: bool = Field(default=True, description="run the security packs and CDK's own validation at synth")
    host_packages: bool = Field(default=False, description="bundle functions for this machine, not Lambda's arm64")
    alarm_email: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")] | None = None
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    retention: Retention = Retention()
    endpoint: Annotated[ServerlessEndpoint | ProvisionedEndpoint, Field(discriminator="mode")] = ServerlessEndpoint()
    canary: Canary = Canary()
    spark: Spark = Spark()
    api: Api = Api()
    campaigns: Campaigns = Campaigns()
    families: dict[str, FamilySettings] = Field(default_factory=dict)

    @field_validator("region")
    @classmethod
    def _commercial_region(cls, value: str) -> str:
        # The log-delivery and service principals used here are those of the commercial partition.
        if value.startswith(("cn-", "us-gov-", "us-iso")):
            raise ValueError(f"region {value} is in another AWS partition; use a commercial region")
        return value

    def family(self, family: Family) -> FamilySettings:
        """Settings of `family`, empty where the file has none."""
        return self.families.get(family.name, FamilySettings())

    def parameters(self, family: Family) -> dict[str, Any]:
        """The shop's parameters for `family` as JSON values, defaults filled in."""
        return family.parameters.model_validate(self.family(family).parameters).model_dump(mode="json")

    def resources(self, family: Family) -> Resources:
        """What the jobs of `family` run on: the spec's, changed by the settings."""
        return Resources.model_validate({**family.resources.model_dump(), **self.family(family).resources})


def _explain(error: ValidationError, source: str, below: str = "") -> SettingsError:
    lines = []
    for problem in error.errors():
        key = ".".join(str(part) for part in (*([below] if below else []), *problem["loc"])) or "(file)"
        hint = (
            "unknown key; remove it or correct its spelling" if problem["type"] == "extra_forbidden" else problem["msg"]
        )
        lines.append(f"  {key}: {hint}")
    return SettingsError(f"{source} cannot be used:\n" + "\n".join(lines))


def check(raw: dict[str, Any], source: str, families: dict[str, Family] | None = None) -> Settings:
    """Settings from parsed TOML. `source` names the file in errors. Raises `SettingsError` with every problem found."""
    known = discover() if families is None else families
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        raise _explain(error, source) from error
    for name in settings.families:
        if name not in known:
            raise SettingsError(
                f"{source} cannot be used:\n  families.{name}: no such family; there are {', '.join(known)}"
            )
    for name, family in known.items():
        try:
            settings.parameters(family)
        except ValidationError as error:
            raise _explain(error, source, f"families.{name}.parameters") from error
        unknown = set(settings.family(family).resources) - set(Resources.model_fields)
        if unknown:
            raise SettingsError(
                f"{source} cannot be used:\n  families.{name}.resources: unknown keys {sorted(unknown)}"
            )
        try:
            settings.resources(family)
        except ValidationError as error:
            raise _explain(error, source, f"families.{name}.resources") from error
    return settings


def load(env: str, folder: Path = ENVIRONMENTS) -> Settings:
    """Settings of environment `env` from `<folder>/<env>.toml`. Raises `SettingsError` when absent or unusable."""
    path = folder / f"{env}.toml"
    if not path.is_file():
        there = ", ".join(sorted(p.stem for p in folder.glob("*.toml"))) or "none"
        raise SettingsError(f"there is no environment {env!r} ({path}); there are: {there}. Copy one of them to begin.")
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path} is not valid TOML: {error}") from error
    settings = check(raw, str(path))
    if settings.name != env:
        raise SettingsError(
            f"{path}: name is {settings.name!r}, but the file says environment {env!r}; make them equal"
        )
    return settings
