"""Run one family's training job in a real account, from a developer's machine.

`python -m training.launch churn --features s3://…/features --output s3://…/model --image URI --role ARN`: the same
image, channel and hyperparameters as the workflow's train step, through the SageMaker SDK's ModelTrainer. The SDK is
large and only needed here: `pip install 'shopkeeper[launcher]'`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from commerce.families import family


@dataclass(frozen=True, slots=True)
class Launch:
    """What to train, where its features are, and what to run it on."""

    family: str
    as_of: date
    parameters: dict[str, Any]
    features: str
    output: str
    image: str
    role: str

    def hyperparameters(self) -> dict[str, str]:
        """As the workflow gives them: every value text. pydantic.ValidationError when the parameters are wrong."""
        chosen = family(self.family).parameters.model_validate(self.parameters)
        parameters = json.dumps(chosen.model_dump(mode="json", exclude_defaults=True))
        return {"family": self.family, "as_of": self.as_of.isoformat(), "parameters": parameters}


def launch(asked: Launch, session: Any = None, *, wait: bool = True) -> str:
    """Start the job and return its name. `session` is the SDK's session, by default one of the environment's account.

    With `wait` the job's log is followed to its end, and a failed job raises the SDK's error with its reason.
    """
    # The optional extra `launcher`; pyright runs where it is not installed.
    from sagemaker.train import ModelTrainer  # pyright: ignore[reportMissingImports]
    from sagemaker.train.configs import (  # pyright: ignore[reportMissingImports]
        Compute,
        InputData,
        OutputDataConfig,
        StoppingCondition,
    )

    resources = family(asked.family).resources
    trainer = ModelTrainer(
        sagemaker_session=session,
        training_image=asked.image,
        role=asked.role,
        base_job_name=f"{asked.family}-launch",
        compute=Compute(
            instance_type=resources.training_instance, instance_count=1, volume_size_in_gb=resources.volume_gb
        ),
        stopping_condition=StoppingCondition(max_runtime_in_seconds=resources.max_runtime_seconds),
        output_data_config=OutputDataConfig(s3_output_path=asked.output),
        hyperparameters=asked.hyperparameters(),
        input_data_config=[InputData(channel_name="features", data_source=asked.features)],
    )
    trainer.train(wait=wait, logs=wait)
    job = trainer._latest_training_job  # the SDK offers no public way to the job's name
    return str(getattr(job, "training_job_name", job))


def main(argv: Sequence[str] | None = None) -> int:
    """Entry point."""
    parser = argparse.ArgumentParser(prog="python -m training.launch", description="Train one family in an account.")
    parser.add_argument("family", help="name of the model family")
    parser.add_argument("--features", required=True, help="s3:// prefix of the feature files that prepare wrote")
    parser.add_argument("--output", required=True, help="s3:// prefix for model.tar.gz")
    parser.add_argument("--image", required=True, help="URI of the training image")
    parser.add_argument("--role", required=True, help="ARN of the job's role")
    parser.add_argument("--as-of", required=True, type=date.fromisoformat, help="the features' as-of date, YYYY-MM-DD")
    parser.add_argument("--parameters", type=json.loads, default={}, help="the family's parameters, a JSON object")
    parser.add_argument("--no-wait", action="store_true", help="start the job and leave")
    args = parser.parse_args(argv)
    asked = Launch(args.family, args.as_of, args.parameters, args.features, args.output, args.image, args.role)
    try:
        name = launch(asked, wait=not args.no_wait)
    except ModuleNotFoundError as error:
        print(f"{error}; install the launcher: pip install 'shopkeeper[launcher]'", file=sys.stderr)
        return 1
    print(name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
