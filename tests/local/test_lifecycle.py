"""Starting and stopping: clear refusals, nothing left behind, several clouds side by side."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from local.cloud import Cloud, process_runs, read_description
from local.environment import REPOSITORY
from local.errors import CloudError, PortInUseError
from tests.local import jobs, stack
from tests.local.conftest import HERE, free_port, wait_for

pytestmark = pytest.mark.cloud


def children(root: Path) -> list[int]:
    """Processes that the emulator below a root notes as running."""
    return [int(note.name) for note in (root / "emulator" / "processes").glob("*")]


def test_taken_port_is_refused_clearly(tmp_path):
    # GIVEN a program that listens on a port
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        # WHEN a cloud is started on it
        with pytest.raises(PortInUseError) as refused:
            Cloud.start(root=tmp_path, port=port, deploy=False)

    # THEN it is refused with a way out, and nothing is left behind
    assert f"port {port} is in use" in str(refused.value)
    assert f"--port {port + 1}" in str(refused.value)
    assert not (tmp_path / "cloud.json").exists()


def test_second_cloud_in_the_same_directory_is_refused(cloud):
    # GIVEN a running cloud

    # WHEN another is started in its directory
    with pytest.raises(CloudError) as refused:
        Cloud.start(root=cloud.root, port=free_port(), deploy=False)

    # THEN it is refused, and the first one goes on
    assert "already runs" in str(refused.value)
    assert cloud.client("s3").list_buckets()["Buckets"]


def test_stop_leaves_no_process(cloud, tmp_path):
    # GIVEN a second cloud beside the first, with a job that would run for minutes
    other = Cloud.start(root=tmp_path, port=free_port(), deploy=False, code=HERE / "container")
    other.deploy("jobs", {"Resources": {"JobRole": stack.job_role()}})
    request = jobs.processing_job("long", "sleep", ProcessingInputs=[])
    other.client("sagemaker").create_processing_job(**request)
    pids = wait_for(lambda: children(tmp_path))
    emulator = json.loads((tmp_path / "cloud.json").read_text())["pid"]
    assert all(process_runs(pid) for pid in pids)

    # WHEN it is stopped
    began = time.monotonic()
    other.stop()

    # THEN its processes are gone at once, its port is free, and the first cloud runs on
    assert time.monotonic() - began < 5
    assert not any(process_runs(pid) for pid in [emulator, *pids])
    assert read_description(tmp_path) is None
    assert cloud.alive()


def test_failed_start_leaves_nothing(tmp_path):
    # GIVEN an assembly that does not exist
    port = free_port()

    # WHEN a cloud is started with it
    with pytest.raises(FileNotFoundError):
        Cloud.start(tmp_path / "absent", root=tmp_path / "root", port=port)

    # THEN the port is free again and nothing is described
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert not (tmp_path / "root" / "cloud.json").exists()


def test_emulator_ends_with_its_parent(tmp_path):
    # GIVEN a process that started a cloud
    script = (
        "import sys, time; from pathlib import Path; from local.cloud import Cloud\n"
        f"Cloud.start(root=Path({str(tmp_path)!r}), port={free_port()}, deploy=False)\n"
        "time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=REPOSITORY)
    description = wait_for(lambda: read_description(tmp_path))

    # WHEN it is killed without a chance to clean up
    parent.send_signal(signal.SIGKILL)
    parent.wait()

    # THEN the emulator ends, too
    wait_for(lambda: not process_runs(description["pid"]), 10)
    assert read_description(tmp_path) is None


def test_command_line_starts_describes_and_stops(tmp_path):
    # GIVEN an assembly with one stack
    assembly = write_assembly(tmp_path / "assembly")
    root = tmp_path / "root"
    local = [sys.executable, "-m", "local"]
    up = subprocess.Popen(
        [*local, "up", "--root", str(root), "--port", str(free_port()), "--assembly", str(assembly)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
    )
    description = wait_for(lambda: read_description(root), 60)

    # WHEN the state is asked for and the cloud is stopped, from another terminal
    status = subprocess.run([*local, "status", "--root", str(root)], cwd=REPOSITORY, capture_output=True, text=True)
    down = subprocess.run([*local, "down", "--root", str(root)], cwd=REPOSITORY, capture_output=True, text=True)
    printed, _ = up.communicate(timeout=20)

    # THEN it was described, and it is gone
    assert status.returncode == 0
    assert description["endpoint"] in status.stdout
    assert "outbox" in status.stdout
    assert "probe-only" in status.stdout
    assert "deployed Only" in printed
    assert down.stdout.strip() == "stopped"
    assert up.returncode == 0
    assert not process_runs(description["pid"])
    again = subprocess.run([*local, "status", "--root", str(root)], cwd=REPOSITORY, capture_output=True, text=True)
    assert again.returncode == 3


def write_assembly(directory: Path) -> Path:
    """A cloud assembly with a bucket and a file asset."""
    directory.mkdir()
    (directory / "note.txt").write_text("an asset")
    template = {
        "Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "probe-only"}}},
        "Outputs": {"Name": {"Value": {"Ref": "Bucket"}}},
    }
    (directory / "Only.template.json").write_text(json.dumps(template))
    destination = {"bucketName": "assets-${AWS::AccountId}", "objectKey": "note.txt"}
    assets = {"files": {"a": {"source": {"path": "note.txt", "packaging": "file"}, "destinations": {"d": destination}}}}
    (directory / "Only.assets.json").write_text(json.dumps(assets))
    artifacts = {
        "Only.assets": {"type": "cdk:asset-manifest", "properties": {"file": "Only.assets.json"}},
        "Only": {
            "type": "aws:cloudformation:stack",
            "properties": {"templateFile": "Only.template.json"},
            "dependencies": ["Only.assets"],
        },
    }
    (directory / "manifest.json").write_text(json.dumps({"version": "36.0.0", "artifacts": artifacts}))
    return directory


def test_health_is_answered_on_this_machine_only(cloud):
    # GIVEN a running cloud
    port = int(cloud.endpoint.rsplit(":", 1)[1])

    # WHEN its addresses are listed
    with urllib.request.urlopen(f"{cloud.endpoint}/_localemu/health") as answer:
        status = answer.status
    listening = [line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    local_addresses = {a.split(":")[0] for a in listening if int(a.split(":")[1], 16) == port}

    # THEN it answers, and on the loopback address alone
    assert status == 200
    assert local_addresses == {"0100007F"}
