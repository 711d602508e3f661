"""What every verb waits for before it does anything."""

import subprocess
import sys


def test_verbs_do_not_wait_for_libraries_that_few_of_them_use():
    # GIVEN a fresh interpreter
    heavy = ["lake", "ibis", "duckdb", "pyarrow", "pandas", "numpy", "sklearn", "lightgbm"]
    code = f"import sys; import cli.main; print([m for m in {heavy} if m in sys.modules])"
    # WHEN the command is imported
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    # THEN it has none of the lake's and the models' libraries yet
    assert (result.returncode, result.stdout.strip()) == (0, "[]"), result.stderr
