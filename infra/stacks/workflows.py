"""What happens in which order: retraining and monitoring, their steps' functions, and schedules per family."""

from __future__ import annotations

import json
from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from constructs import Construct

from commerce.family import Family
from infra import naming
from infra.constructs.dead_letters import dead_letters
from infra.constructs.family_schedules import Schedules
from infra.constructs.function import Function
from infra.constructs.spark import ENTRY_POINT, SUBMIT_PARAMETERS
from infra.constructs.steps import step_functions
from infra.constructs.workflow import Workflow
from infra.functions import ANNOUNCE, PLAN, RELEASE, STEPS
from infra.settings import Settings
from infra.stacks import monitor_workflow
from infra.stacks.base import ShopStack
from infra.stacks.data import DataStack
from infra.stacks.models import ModelsStack
from infra.stacks.workflow_grants import announce_grants, step_grants, workflow_grants

RETRAIN = "retrain"


class WorkflowsStack(ShopStack):
    """One state machine of each for all families; what differs is in its input and in what `plan` answers."""

    def __init__(
        self,
        scope: Construct,
        settings: Settings,
        families: Mapping[str, Family],
        data: DataStack,
        models: ModelsStack,
    ) -> None:
        super().__init__(scope, settings, "Workflows", "What happens in which order, and when")
        prefix = naming.prefix(settings.name)
        environment = {
            "SCORES_TABLE": data.scores.table_name,
            "RELEASES_TABLE": data.releases.table_name,
            "LAKE_BUCKET": data.lake.bucket_name,
            "MODELS_BUCKET": data.models.bucket_name,
            "MODEL_IMAGE": models.image_uri,
            "MODEL_PACKAGE_GROUP_PREFIX": prefix,
            "ENDPOINT_PREFIX": prefix,
            "ENGINE": settings.engine,
            "CANARY": settings.canary.model_dump_json(),
            "FAMILY_SETTINGS": family_settings(settings, families),
            "FAMILY_RESOURCES": family_resources(settings, families),
        }
        may = step_grants(self, families, data, models)
        # Alarms call it too, and do not wait.
        self.release_dead_letters = dead_letters(
            self, "ReleaseDeadLetters", name=naming.name(settings.name, "release-dead")
        )
        self.functions = step_functions(
            self,
            STEPS,
            settings=settings,
            environment=environment,
            grants=may,
            dead_letters={RELEASE.name: self.release_dead_letters},
        )
        self.release = next(function for function in self.functions if function.spec is RELEASE)
        substitutions = {
            "JobRoleArn": models.job_role.role_arn,
            "ImageUri": models.image_uri,
            "ModelsBucket": data.models.bucket_name,
            "EventBusName": data.bus.event_bus_name,
            **spark_substitutions(models),
        }
        self.retrain = Workflow(
            self,
            "Retrain",
            settings=settings,
            name=RETRAIN,
            substitutions=substitutions,
            steps=self.functions,
            grants=workflow_grants(self, data, models),
        )
        self.dead_letters = dead_letters(self, "DeadLetters", name=naming.name(settings.name, "schedules-dead"))
        self.alert_dead_letters = dead_letters(self, "AlertDeadLetters", name=naming.name(settings.name, "alerts-dead"))
        self.functions.append(self._announce(families, data))
        schedules = Schedules(self, "Schedules", name=prefix, workflow=self.retrain, dead_letters=self.dead_letters)
        for name, family in families.items():
            chosen = settings.family(family)
            expression = chosen.schedule or family.schedule
            schedules.add(name, does="Retrains", expression=expression, enabled=chosen.enabled)
        plan = next(function for function in self.functions if function.spec is PLAN)
        watched = [(name, settings.family(family)) for name, family in families.items() if family.monitoring]
        self.monitor, publish = monitor_workflow.add(
            self, settings, watched, data, models, plan, self.retrain, self.dead_letters
        )
        self.functions.append(publish)
        for workflow, name in ((self.retrain, "Retrain"), (self.monitor, "Monitor")):
            arn = workflow.machine.state_machine_arn
            self.output(f"{name}StateMachineArn", arn, "Start it with {family, as_of?}")

    def _announce(self, families: Mapping[str, Family], data: DataStack) -> Function:
        """Alerts follow a release by its own event: what goes wrong with them never holds a release up."""
        announce = Function(
            self,
            "Announce",
            settings=self.settings,
            spec=ANNOUNCE,
            environment={"MODELS_BUCKET": data.models.bucket_name, "EVENT_BUS": data.bus.event_bus_name},
            grants=announce_grants(data),
            dead_letters=self.alert_dead_letters,
        )
        alerting = [name for name, family in families.items() if family.ranking and family.ranking.alerts]
        rule = events.Rule(
            self,
            "AlertRule",
            rule_name=naming.name(self.settings.name, "alerts"),
            description="Has the alerts of a released version told",
            event_bus=data.bus,
            event_pattern=events.EventPattern(
                source=["shopkeeper"], detail_type=["Retrain Released"], detail={"family": alerting}
            ),
        )
        rule.add_target(
            targets.LambdaFunction(  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
                announce.function,  # pyright: ignore[reportArgumentType] (see infra/__init__.py)
                dead_letter_queue=self.alert_dead_letters,
                retry_attempts=20,
                max_event_age=cdk.Duration.hours(12),
            )
        )
        return announce


def family_settings(settings: Settings, families: Mapping[str, Family]) -> str:
    """The shop's parameters per family, as the functions read them."""
    return json.dumps({name: settings.parameters(family) for name, family in families.items()}, sort_keys=True)


def family_resources(settings: Settings, families: Mapping[str, Family]) -> str:
    """What each family's jobs run on in this shop."""
    return json.dumps({name: settings.resources(family).model_dump() for name, family in families.items()})


def spark_substitutions(models: ModelsStack) -> dict[str, str]:
    """Placeholders of the Spark state; where `engine` is not spark it is never entered, and names nothing."""
    spark = models.spark
    return {
        "EmrApplicationId": spark.application.attr_application_id if spark else "none",
        "EmrRoleArn": spark.role.role_arn if spark else models.job_role.role_arn,
        "EmrEntryPoint": ENTRY_POINT,
        "EmrSubmitParameters": SUBMIT_PARAMETERS,
    }
