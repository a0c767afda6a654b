"""No library that runs a model accesses the network or writes outside the temporary folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from robustbench_cells.models.card import write_card
from robustbench_cells.models.formats._base import FORMATS
from robustbench_cells.models.loading import require_format
from robustbench_cells.models.runtimes.telemetry import disable_telemetry
from tests.conftest import REPOSITORY
from tests.support.extras import needs
from tests.support.keras_files import save_exported
from tests.support.networks import tiny_network

pytestmark = needs("keras")

SOURCES = ["mine.keras", "mine.onnx", "mine.xml", "mine.zip", "legacy.h5", "net", "unet.weights.h5", "function:predict"]
HOME_FILES = {  # settings and caches of Keras and matplotlib
    ".cache", ".cache/matplotlib", ".config", ".config/matplotlib", ".keras", ".keras/keras.json",
}  # fmt: skip
CI_MARKS = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "JENKINS_URL", "ORT_DISABLE_TELEMETRY")  # they disable telemetry

WATCHED = """
import os, sys
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.chmod", "os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "os.symlink", "os.truncate"}
OWN = [os.path.abspath(place) for place in (os.getcwd(), os.environ["TMPDIR"], "/dev")]
HOME = os.environ["HOME"]
seen = set()

def is_own(place):
    place = os.path.abspath(os.fsdecode(place))
    return any(place == own or place.startswith(own + os.sep) for own in OWN)

def watch(event, arguments):
    if event.startswith("socket.") and event != "socket.__new__":
        if event != "socket.bind" or arguments[1] != ("::1", 0):  # urllib3 tries whether there is IPv6
            seen.add(f"{event} {arguments[1:]}")
    places = arguments[:2] if event in CHANGES else arguments[:1] if event == "open" and arguments[2] & WRITES else ()
    for place in places:
        if isinstance(place, (str, bytes, os.PathLike)) and not is_own(place):
            seen.add(os.path.relpath(os.fsdecode(place), HOME))

sys.addaudithook(watch)
import robustbench_cells as rb
from robustbench_cells.models.probe import probe_images
for source in sys.argv[1:]:
    assert rb.load_segmenter(source, trusted=True, isolate=False).predict(probe_images()[:1]).shape == (1, 256, 256)
print(*sorted(seen), sep="\\n")
"""


@pytest.fixture
def models(tiny_models: Path, tmp_path: Path) -> Path:
    """A file of every format whose library is installed for the tests."""
    from robustbench_cells.models.unet import build_unet

    folder = tmp_path / "models"
    shutil.copytree(tiny_models, folder)
    tiny_network(1).save(folder / "legacy.h5")
    write_card(folder / "legacy.toml", {"file": {"legacy_h5": True}})
    save_exported(folder, tiny_network(1))
    build_unet().save_weights(folder / "unet.weights.h5")
    (folder / "function.py").write_text(
        "def predict(images):\n    import onnxruntime, openvino\n    return images / 255"
    )
    return folder


def run_watched(code: str, folder: Path, home: Path, *arguments: str) -> list[str]:
    """Run code as by a user who is not a CI job, with an empty home folder; returns what it prints."""
    home.mkdir()
    (home.parent / "temporary").mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.startswith("XDG_") and name not in CI_MARKS}
    places = {"HOME": str(home), "TMPDIR": str(home.parent / "temporary"), "PYTHONPATH": str(REPOSITORY)}
    command = [sys.executable, "-B", "-c", code, *arguments]
    done = subprocess.run(command, cwd=folder, env=kept | places, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def is_expected(place: str) -> bool:
    return place in HOME_FILES or place.startswith((".cache/matplotlib/", ".config/matplotlib/"))


@pytest.mark.skipif(sys.platform == "win32", reason="the home folder is another one")
def test_models_of_every_format_stay_at_home(models: Path, tmp_path: Path) -> None:
    assert {require_format(str(models / source)).name for source in SOURCES[:-1]} == {
        one.name for one in FORMATS if one.on_disk
    }
    home = tmp_path / "home"
    seen = run_watched(WATCHED, models, home, *SOURCES)
    assert [line for line in seen if line and not is_expected(line)] == []
    left = {str(place.relative_to(home)) for place in home.rglob("*")}  # C++ code passes no audit hook
    assert [place for place in left if not is_expected(place)] == []


def test_setting_of_the_user_takes_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that was imported first stays as it is, and so does a variable of the environment."""
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    monkeypatch.setitem(sys.modules, "openvino_telemetry", sys)
    disable_telemetry()
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "0"
    assert sys.modules["openvino_telemetry"] is sys
