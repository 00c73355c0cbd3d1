"""What is installed: by those who use k1s, and by those who work on it."""

import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path
from zipfile import ZipFile

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]


def test_a_wheel_has_modules_types_and_a_command(tmp_path: Path) -> None:
    """Without `py.typed` no checker looks at the types of a package that was installed."""
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, capture_output=True, check=True)
    (path,) = tmp_path.glob("*.whl")
    with ZipFile(path) as wheel:
        names = wheel.namelist()
        (entry,) = [name for name in names if name.endswith("/entry_points.txt")]
        assert "k1s = k1s.cli:main" in wheel.read(entry).decode()
    assert "k1s/py.typed" in names
    modules = {str(path.relative_to(ROOT / "src")) for path in ROOT.glob("src/k1s/**/*.py")}
    assert {name for name in names if name.endswith(".py")} == modules


def test_every_version_is_pinned() -> None:
    """What a fresh clone installs, and what that needs in its turn, is the same on every day."""
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {canonicalize_name(line.partition("==")[0]) for line in lines if "==" in line}
    assert len(pinned) == len(lines)
    assert _needed("k1s", {"test"}, set()) - pinned == {"k1s"}


def _needed(name: str, extras: set[str], known: set[str]) -> set[str]:
    """The names of a package and of all that it needs here."""
    known.add(canonicalize_name(name))
    for text in distribution(name).requires or ():
        one = Requirement(text)
        is_here = one.marker is None or any(
            one.marker.evaluate({"extra": x}) for x in {"", *extras}
        )
        if is_here and canonicalize_name(one.name) not in known:
            _needed(one.name, one.extras, known)
    return known
