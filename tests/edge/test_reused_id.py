"""A process id that is really used again, while the run that had it is not over."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from steps.server import K1S, environment

DEADLINE_S = 120.0
NAMESPACE = ("unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
TESTS = Path(__file__).parents[1]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may say which process id comes next")
@pytest.mark.fault("P23")
def test_who_gets_the_id_of_a_main_process_is_left_alone(tmp_path: Path) -> None:
    """He leads a group with the number of the run's own: no signal for the run may reach him."""
    if (
        shutil.which("unshare") is None
        or subprocess.run([*NAMESPACE, "true"], check=False).returncode
    ):
        pytest.skip("this machine makes no namespaces")
    done = subprocess.run(
        [*NAMESPACE, sys.executable, str(Path(__file__).with_name("reuser.py")), K1S],
        cwd=tmp_path,
        env=environment(tmp_path, {"PYTHONPATH": str(TESTS)}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    says = json.loads(done.stdout)
    assert says.pop("pid") == says.pop("again")
    assert says == dict.fromkeys(says, True)
    assert len(says) == 5
