"""What is in a function's package, and that nothing else is."""

from __future__ import annotations

import ast
import hashlib
import subprocess
import sys
import zipfile
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from infra import functions
from infra.constructs import image
from infra.packaging import HOST, LAMBDA, LOCKS, ROOT, PackagingError, dependencies, package

SPECS = [spec for spec in vars(functions).values() if isinstance(spec, functions.FunctionSpec)]
ALLOWED = {"aws_lambda_powertools", "annotated_types", "commerce", "functions", "jmespath", "pydantic", "pydantic_core"}
ALLOWED |= {"typing_extensions", "typing_inspection"}


def digest(folder: Path) -> str:
    """Hash of every file's path, mode and content."""
    found = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        found.update(f"{path.relative_to(folder)} {path.stat().st_mode:o}".encode() + path.read_bytes())
    return found.hexdigest()


@pytest.fixture(scope="module")
def scores(tmp_path_factory) -> Path:
    return package("scores", tmp_path_factory.mktemp("package"), HOST)


def test_a_package_holds_its_own_function_and_nothing_of_the_others(scores):
    # GIVEN the package of scores
    # WHEN its functions are listed
    found = {p.name for p in (scores / "functions").iterdir()} - {"__pycache__"}
    # THEN there are its own and the shared code
    assert found == {"__init__.py", "common", "scores"}


def test_a_package_holds_no_library_but_the_locked_few(scores):
    # GIVEN the package of scores
    # WHEN its top level is listed
    found = {p.name.removesuffix(".py") for p in scores.iterdir() if not p.name.endswith(".dist-info")}
    # THEN there is no machine learning, no data frame and no boto3 among it
    assert found - {"__pycache__"} == ALLOWED


def test_a_package_holds_nothing_that_differs_by_machine_or_is_not_run(scores):
    # GIVEN the package of scores
    # WHEN all its files are listed
    names = {p.name for p in scores.rglob("*")}
    # THEN no test, stub or installer's file is among them
    assert not names & {"tests", "RECORD", "INSTALLER"}
    assert not [n for n in names if n.endswith(".pyi")]


def test_bytecode_is_there_for_every_module_and_is_taken_without_looking_at_times(scores):
    # GIVEN the package of scores, made by the Python that runs it
    modules = list(scores.rglob("*.py"))
    # WHEN the flags in the head of each module's bytecode are read
    flags = {Path(cache_from_source(p)).read_bytes()[4:8] for p in modules}
    # THEN each has bytecode of the hashed, unchecked kind (PEP 552), which holds no time and costs no comparison
    assert modules and flags == {(0b01).to_bytes(4, "little")}


def test_the_package_alone_is_enough_to_run_the_function(scores):
    # GIVEN the package, and boto3 as the runtime gives it, and nothing of the checkout
    boto3 = Path(__import__("boto3").__file__).parent.parent
    code = f"import sys; sys.path[:0] = [{str(scores)!r}]; sys.path.append({str(boto3)!r})\n"
    code += "import functions.scores.handler as h; print(h.__file__)"
    # WHEN its handler is imported in a process of its own
    run = subprocess.run([sys.executable, "-I", "-S", "-B", "-c", code], capture_output=True, text=True, check=False)
    # THEN it is the package's
    assert run.stdout.strip() == str(scores / "functions" / "scores" / "handler.py"), run.stderr


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.name)
def test_every_function_runs_on_its_lock_and_the_folders_that_it_shares(spec, tmp_path):
    # GIVEN the wheels of its lock, boto3 as the runtime gives it, and of the checkout what its package holds
    wheels = dependencies(HOST, LOCKS / f"{spec.lock}.txt")
    boto3 = Path(__import__("boto3").__file__).parent.parent
    (tmp_path / "functions").mkdir()
    (tmp_path / "commerce").symlink_to(ROOT / "commerce")
    (tmp_path / "functions" / "__init__.py").symlink_to(ROOT / "functions" / "__init__.py")
    for folder in ("common", *spec.shares, spec.name):
        (tmp_path / "functions" / folder).symlink_to(ROOT / "functions" / folder)
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(wheels)!r}]; sys.path.append({str(boto3)!r})\n"
    code += f"import functions.{spec.name}.handler as h; print(callable(h.handler))\n"
    # THEN nothing of the room's forbidden libraries comes along, whatever is installed beside boto3
    code += "print([m for m in ('numpy', 'pandas', 'pyarrow', 'duckdb') if m in sys.modules])"
    # WHEN its handler is imported in a process of its own
    run = subprocess.run([sys.executable, "-I", "-S", "-B", "-c", code], capture_output=True, text=True, check=False)
    assert run.stdout.split("\n")[:2] == ["True", "[]"], run.stderr


def test_the_same_sources_make_the_same_package(scores, tmp_path):
    # GIVEN one package
    # WHEN it is made again elsewhere
    again = package("scores", tmp_path, HOST)
    # THEN no byte differs
    assert digest(again) == digest(scores)


def test_lambdas_wheels_are_for_arm(tmp_path):
    # GIVEN the wheels for Lambda
    folder = dependencies(LAMBDA)
    # WHEN compiled modules are listed
    compiled = [p.name for p in folder.rglob("*.so")]
    # THEN there are some, all for arm64 and Python 3.13
    assert compiled and all("cpython-313-aarch64" in name for name in compiled)


def test_a_package_is_small(scores, tmp_path):
    # GIVEN the package of scores
    # WHEN it is zipped as the CDK would
    archive = tmp_path / "scores.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as target:
        for path in sorted(scores.rglob("*")):
            target.write(path, path.relative_to(scores))
    # THEN it stays within the budget for score reading
    assert archive.stat().st_size < 15e6


def test_a_function_without_handler_is_refused(tmp_path):
    # GIVEN no such function
    # WHEN it is packaged
    # THEN the message names the file that is missing
    with pytest.raises(PackagingError, match=r"functions/nothing/handler\.py is missing"):
        package("nothing", tmp_path, HOST)


def test_a_missing_lock_says_what_to_run(tmp_path):
    # GIVEN no lock file
    # WHEN the wheels are asked for
    # THEN the message says how to make one
    with pytest.raises(PackagingError, match="make lock"):
        dependencies(HOST, lock=tmp_path / "functions.txt", build=tmp_path)


def test_wheels_that_do_not_match_their_hashes_are_refused(tmp_path):
    # GIVEN a lock whose hash is another file's
    lock = tmp_path / "functions.txt"
    lock.write_text(f"typing-extensions==4.16.0 --hash=sha256:{'0' * 64}\n")
    # WHEN it is installed
    # THEN nothing is, and the message says which lock
    with pytest.raises(PackagingError, match=r"functions\.txt could not be installed"):
        dependencies(HOST, lock=lock, build=tmp_path / "build")
    assert not list((tmp_path / "build").glob("functions-*"))


@pytest.mark.parametrize("spec", SPECS, ids=lambda s: s.name)
def test_a_function_gets_every_variable_that_its_code_reads(spec):
    # GIVEN a function's handler
    # WHEN the variables that it and what it imports read are collected
    read = variables(ROOT / "functions" / spec.name / "handler.py", set())
    # THEN the stack gives it each of them
    assert read <= {*spec.reads, "SHOPKEEPER_ENV"}


def variables(module: Path, seen: set[Path]) -> set[str]:
    """Names that `setting("…")` is called with in a module of `functions` and in what it imports of `functions`."""
    if module in seen or not module.is_file():
        return set()
    seen.add(module)
    found: set[str] = set()
    for node in ast.walk(ast.parse(module.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "setting":
            found |= {a.value for a in node.args if isinstance(a, ast.Constant)}
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("functions"):
            base = ROOT.joinpath(*node.module.split("."))
            for target in [base.with_suffix(".py"), *(base / f"{a.name}.py" for a in node.names)]:
                found |= variables(target, seen)
    return found


@pytest.mark.parametrize("dockerfile", ["Dockerfile", "Dockerfile.spark"])
def test_the_images_context_holds_what_its_dockerfile_copies(dockerfile):
    # GIVEN a Dockerfile's own sources, and what of the checkout its build is given
    lines = (ROOT / "training" / dockerfile).read_text().splitlines()
    copied = {line.split()[1] for line in lines if line.startswith("COPY ") and "--from" not in line}
    # WHEN what the context leaves out is looked for
    given = {line.removeprefix("!") for line in image._CONTEXT if line.startswith("!")}
    # THEN nothing that is copied is left out
    assert copied
    assert {source.split("/")[0] for source in copied} <= {path.split("/")[0] for path in given}
