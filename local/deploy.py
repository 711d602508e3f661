"""Deploys templates through CloudFormation, as the CDK's own command line does: assets first, then stack by stack."""

import io
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from local.assembly import Assembly, Asset, Stack
from local.errors import DeploymentError

# The version of the CDK's bootstrap stack that the templates ask for; this account needs none of its resources.
_BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
_BOOTSTRAP_VERSION = "30"
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]
_TEMPLATE_BUCKET = "shopkeeper-local-templates"
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)

Client = Callable[[str], Any]
Say = Callable[[str], None]


def deploy_assembly(assembly: Assembly, client: Client, say: Say) -> dict[str, dict[str, str]]:
    """Create or update every stack of an assembly; returns the outputs by stack name.

    Raises:
        DeploymentError: a stack failed; the message names the resources and CloudFormation's reasons.
    """
    client("ssm").put_parameter(Name=_BOOTSTRAP_PARAMETER, Value=_BOOTSTRAP_VERSION, Type="String", Overwrite=True)
    assets = assembly.assets()
    upload_assets(assets, client("s3"))
    say(f"uploaded {len(assets)} assets")
    outputs: dict[str, dict[str, str]] = {}
    for stack in assembly.stacks():
        began = time.monotonic()
        outputs[stack.name] = deploy_stack(stack, client)
        say(f"deployed {stack.name} in {time.monotonic() - began:.1f} s")
    return outputs


def upload_assets(assets: list[Asset], s3: Any) -> None:
    """Put each asset where the templates look for it, creating the buckets."""
    for bucket in sorted({asset.bucket for asset in assets}):
        s3.create_bucket(Bucket=bucket)
    for asset in assets:
        body = (
            zip_directory(asset.path) if asset.packaging == "zip" and asset.path.is_dir() else asset.path.read_bytes()
        )
        s3.put_object(Bucket=asset.bucket, Key=asset.key, Body=body)


def zip_directory(directory: Path) -> bytes:
    """A zip of a directory's files, uncompressed: it goes no further than this machine, and deflating takes seconds."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(p for p in directory.rglob("*") if p.is_file()):
            info = zipfile.ZipInfo(path.relative_to(directory).as_posix(), _ZIP_TIME)
            info.external_attr = (path.stat().st_mode & 0xFFFF) << 16
            archive.writestr(info, path.read_bytes())
    return buffer.getvalue()


def deploy_stack(stack: Stack, client: Client) -> dict[str, str]:
    """Create the stack, or update it if it exists, and wait; returns its outputs."""
    return deploy_template(stack.name, stack.body(), client, stack.parameters)


def deploy_template(
    name: str, body: str, client: Client, parameters: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Create or update one stack from a template's text; returns its outputs.

    Raises:
        DeploymentError: CloudFormation refused or failed.
    """
    cloudformation = client("cloudformation")
    request = {
        "StackName": name,
        "TemplateURL": _upload_template(name, body, client("s3")),
        "Capabilities": _CAPABILITIES,
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in (parameters or {}).items()],
    }
    try:
        if _describe(cloudformation, name) is None:
            cloudformation.create_stack(**request)
        else:
            cloudformation.update_stack(**request)
    except ClientError as error:
        if "No updates are to be performed" not in str(error):
            raise DeploymentError(f"stack {name}: {str(error)[:2000]}") from error
    description = _wait(cloudformation, name)
    if description["StackStatus"] not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
        reason = description.get("StackStatusReason") or ""
        failed = _reasons(cloudformation, name)
        raise DeploymentError(f"stack {name} ended as {description['StackStatus']}: {reason}\n{failed}")
    return {output["OutputKey"]: output["OutputValue"] for output in description.get("Outputs", [])}


def _upload_template(name: str, body: str, s3: Any) -> str:
    """URL of the template: CloudFormation takes no more than 51,200 bytes with the request itself."""
    s3.create_bucket(Bucket=_TEMPLATE_BUCKET)
    s3.put_object(Bucket=_TEMPLATE_BUCKET, Key=f"{name}.json", Body=body.encode())
    return f"{s3.meta.endpoint_url}/{_TEMPLATE_BUCKET}/{name}.json"


def _describe(cloudformation: Any, name: str) -> dict[str, Any] | None:
    try:
        return cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def _wait(cloudformation: Any, name: str) -> dict[str, Any]:
    while True:
        description = _describe(cloudformation, name)
        if description is None:
            raise DeploymentError(f"stack {name} vanished while it was deployed")
        if not description["StackStatus"].endswith("IN_PROGRESS"):
            return description
        time.sleep(0.1)


def _reasons(cloudformation: Any, name: str) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = [
        f"  {e.get('LogicalResourceId')} ({e.get('ResourceType')}): {e.get('ResourceStatusReason')}"
        for e in events
        if "FAILED" in e.get("ResourceStatus", "")
    ]
    return "\n".join(failed) or "  (CloudFormation gave no reason)"
