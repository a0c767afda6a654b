from __future__ import annotations

import hashlib
import subprocess
import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import pytest

from robustbench_cells.artefacts import ARTEFACTS
from robustbench_cells.artefacts._base import Artefact
from robustbench_cells.errors import DuplicateNameError, PluginError, PluginWarning, UnknownNameError
from robustbench_cells.origins import Origin
from robustbench_cells.registry import FailedPlugin, Registry, describe_origins, describe_sources
from tests.support.plugins import install_plugin

MODULE = "from {package} import REGISTRY\n\n\n@REGISTRY.register\nclass Thing:\n    name = {name!r}\n"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> tuple[str, Path]:
    name = f"made_{abs(hash(request.node.name))}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from robustbench_cells.registry import Registry\n"
        f"REGISTRY = Registry({name!r}, 'thing', group='{name}.things')\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    return name, folder


def registry_of(name: str) -> Registry:
    __import__(name)
    return sys.modules[name].REGISTRY


def plug_in(package: tuple[str, Path], name: str, code: str, object_reference: str = "") -> str:
    """Install a distribution with one module and one entry point for it; the name of the module."""
    registry, folder = package
    module = f"{name}_{registry}"
    point = f"{name} = {module}{object_reference}"
    install_plugin(folder.parent, name, {module: code.format(package=registry)}, {f"{registry}.things": [point]})
    return module


def test_a_file_of_its_own_is_found(package: tuple[str, Path]) -> None:
    name, folder = package
    (folder / "b.py").write_text(MODULE.format(package=name, name="beta"))
    (folder / "a.py").write_text(MODULE.format(package=name, name="alpha"))
    (folder / "_shared.py").write_text("raise RuntimeError('a file with an underscore is no plug-in')\n")
    registry = registry_of(name)
    assert registry.names() == ("alpha", "beta")
    assert [thing.name for thing in registry] == ["alpha", "beta"]
    assert "alpha" in registry
    assert "gamma" not in registry


def test_a_file_of_a_sub_package_is_found(package: tuple[str, Path]) -> None:
    name, folder = package
    for family in ("one", "two", "_three"):
        (folder / family).mkdir()
        (folder / family / "__init__.py").write_text("")
        (folder / family / f"in_{family}.py").write_text(MODULE.format(package=name, name=f"of {family}"))
        (folder / family / "_base.py").write_text("raise RuntimeError('a file with an underscore is no plug-in')\n")
    (folder / "a.py").write_text(MODULE.format(package=name, name="alpha"))
    assert registry_of(name).names() == ("alpha", "of one", "of two")


def test_a_name_that_is_taken_raises(package: tuple[str, Path]) -> None:
    name, folder = package
    for file in ("one.py", "two.py"):
        (folder / file).write_text(MODULE.format(package=name, name="same"))
    with pytest.raises(DuplicateNameError, match=r"'same'.*one\.Thing.*two\.Thing"):
        registry_of(name).names()


def test_a_plug_in_that_is_not_whole_is_named() -> None:
    class Half(Artefact):
        name = "half"
        version = 1

    words = r"Half: artefact without distort, grids, neutral, parameter, unit; see its Protocol"
    with pytest.raises(PluginError, match=words):
        Registry("robustbench_cells.artefacts", "artefact", Artefact).register(Half)


def test_a_plug_in_that_does_not_subclass_its_contract_is_named() -> None:
    class Other:
        name = "other"

    with pytest.raises(PluginError, match=r"Other: every artefact subclasses .*\.Artefact; this does not"):
        Registry("robustbench_cells.artefacts", "artefact", Artefact).register(Other)


def test_an_unknown_name_lists_those_there_are(package: tuple[str, Path]) -> None:
    name, folder = package
    (folder / "a.py").write_text(MODULE.format(package=name, name="alpha"))
    with pytest.raises(
        UnknownNameError, match=r"no thing is called 'alhpa' \(did you mean alpha\?\); there are: alpha$"
    ):
        registry_of(name).get("alhpa")


@pytest.mark.parametrize(
    "code",
    ["class Thing:\n    name = 'outer'\n", MODULE.format(package="{package}", name="outer")],
    ids=["as it is", "registered too"],
)
def test_an_entry_point_names_a_class(package: tuple[str, Path], code: str) -> None:
    name, folder = package
    (folder / "a.py").write_text(MODULE.format(package=name, name="alpha"))
    plug_in(package, "outer", code, ":Thing")
    registry = registry_of(name)
    assert registry.names() == ("alpha", "outer")
    assert registry.failures == ()
    assert registry.origin("alpha") is None
    assert registry.origin("outer") == Origin("outer", "1.2")
    assert describe_origins(registry) == {"thing outer": "outer 1.2"}


@pytest.mark.parametrize("before", [False, True], ids=["imported by its entry point", "imported before"])
def test_an_entry_point_names_a_module_that_registers(package: tuple[str, Path], before: bool) -> None:
    module = plug_in(package, "outer", MODULE.format(package="{package}", name="outer"))
    registry = registry_of(package[0])
    if before:
        __import__(module)
    assert registry.names() == ("outer",)
    assert registry.origin("outer") == Origin("outer", "1.2")


def test_a_registry_without_a_group_has_no_entry_points(package: tuple[str, Path]) -> None:
    name, folder = package
    (folder / "a.py").write_text(MODULE.format(package=name, name="alpha"))
    plug_in(package, "outer", "class Thing:\n    name = 'outer'\n", ":Thing")
    assert Registry(name, "thing").names() == ()  # the module registers itself in the other one
    assert registry_of(name).names() == ("alpha", "outer")


@pytest.mark.parametrize(
    ("code", "reference", "error"),
    [
        ("import nothing_of_that_name\n", "", "ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("raise SystemExit('no licence')\n", "", "SystemExit: no licence"),
        ("class Other:\n    pass\n", ":Thing", "AttributeError: module 'bad"),
        ("class Thing:\n    pass\n", ":Thing", "Thing: thing without name; see its Protocol"),
        ("class Thing:\n    name = 'alpha'\n", ":Thing", "'alpha' is registered twice: by made_"),
        ("THING = 1\n", "", "registers no thing; name its class, as in package.module:Class"),
        ("THING = 1\n", ":THING", "registers no thing; name its class, as in package.module:Class"),
        (MODULE.format(package="{package}", name="half") + "\n1 / 0\n", "", "ZeroDivisionError: division by"),
    ],
)
def test_an_entry_point_that_cannot_be_used_is_reported_and_the_rest_goes_on(
    package: tuple[str, Path], code: str, reference: str, error: str
) -> None:
    name, folder = package
    (folder / "a.py").write_text(MODULE.format(package=name, name="alpha"))
    plug_in(package, "good", "class Thing:\n    name = 'good'\n", ":Thing")
    plug_in(package, "bad", code, reference)
    registry = registry_of(name)
    with pytest.warns(PluginWarning, match=r"thing 'bad' of bad 1\.2 .* is left out; update or uninstall bad$") as told:
        assert registry.names() == ("alpha", "good")
    assert len(told) == 1
    (failure,) = registry.failures
    assert error in failure.error
    assert failure == FailedPlugin("bad", Origin("bad", "1.2"), failure.error)
    with pytest.raises(
        UnknownNameError, match=r"there are: alpha, good; could not be loaded: 'bad' of bad 1\.2 \(.*\)"
    ):
        registry.get("half")


def test_two_packages_that_claim_a_name_are_both_named(package: tuple[str, Path]) -> None:
    for module in ("first", "second"):
        plug_in(package, module, "class Thing:\n    name = 'same'\n", ":Thing")
    registry = registry_of(package[0])
    with pytest.warns(PluginWarning, match=r"first_\w+\.Thing \(first 1\.2\) and by second_\w+\.Thing \(second 1\.2\)"):
        assert registry.origin("same") == Origin("first", "1.2")


def test_a_warning_that_is_an_error_is_raised_once_and_changes_nothing(package: tuple[str, Path]) -> None:
    plug_in(package, "bad", "1 / 0\n")
    plug_in(package, "good", "class Thing:\n    name = 'good'\n", ":Thing")
    registry = registry_of(package[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(PluginWarning, match="ZeroDivisionError"):
            registry.names()
        assert registry.names() == ("good",)


def test_a_plug_in_may_look_others_up_while_it_is_imported(package: tuple[str, Path]) -> None:
    name, folder = package
    (folder / "a.py").write_text(MODULE.format(package=name, name="alpha"))
    code = "from {package} import REGISTRY\n\nclass Thing:\n    name = 'not ' + REGISTRY.get('alpha').name\n"
    plug_in(package, "outer", code, ":Thing")
    assert registry_of(name).names() == ("alpha", "not alpha")


def test_ours_that_fails_raises_whenever_it_is_looked_for(package: tuple[str, Path]) -> None:
    name, folder = package
    (folder / "a.py").write_text("1 / 0\n")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            registry_of(name).names()


def test_a_module_of_no_distribution_is_known_by_a_hash_of_its_source(package: tuple[str, Path]) -> None:
    name, folder = package
    source = MODULE.format(package=name, name="loose")
    (folder.parent / f"loose_{name}.py").write_text(source)
    __import__(f"loose_{name}")
    digest = hashlib.sha256(source.encode()).hexdigest()
    assert registry_of(name).origin("loose") == Origin(f"loose_{name}", digest[:16])


def test_a_module_of_a_distribution_without_an_entry_point_is_known_by_that(package: tuple[str, Path]) -> None:
    class Thing:
        name = "borrowed"

    Thing.__module__ = "hatchling.build"
    __import__(Thing.__module__)
    registry = registry_of(package[0])
    registry.register(Thing)
    assert registry.origin("borrowed") == Origin("hatchling", version("hatchling"))


def test_a_name_of_ours_is_taken_before_ours_is_imported(package: tuple[str, Path]) -> None:
    name, folder = package
    (folder / "a.py").write_text(MODULE.format(package=name, name="alpha"))
    (folder.parent / f"loose_{name}.py").write_text(MODULE.format(package=name, name="alpha"))
    with pytest.raises(DuplicateNameError, match=rf"{name}\.a\.Thing \({name}\) and by loose_{name}\.Thing \(loose_"):
        __import__(f"loose_{name}")
    assert registry_of(name).origin("alpha") is None


def test_a_class_that_was_typed_in_may_be_defined_again(package: tuple[str, Path]) -> None:
    def typed(module: str, number: int) -> type:
        return type("Thing", (), {"name": "typed", "number": number, "__module__": module})

    registry = registry_of(package[0])
    registry.register(typed("notebook", 1))
    registry.register(typed("notebook", 2))
    assert registry.get("typed").number == 2
    assert registry.origin("typed") == Origin("notebook", "")
    with pytest.raises(DuplicateNameError, match=r"notebook\.Thing \(notebook\) and by other\.Thing \(other\)"):
        registry.register(typed("other", 3))


def test_each_registry_has_its_entry_point_group() -> None:
    """The names are fixed: they are in the plug-in authors' files."""
    from robustbench_cells.cli.list_plugins import registries

    groups = "artefacts metrics baselines datasets public_datasets model_formats criteria report_outputs claims recipes"
    assert {registry.group for registry in registries()} == {
        f"robustbench_cells.{group}" for group in [*groups.split(), "exports"]
    }
    assert ARTEFACTS.group == "robustbench_cells.artefacts"


def test_importing_the_package_loads_no_entry_point(tmp_path: Path) -> None:
    install_plugin(tmp_path, "outer", {"outer": "1 / 0\n"}, {"robustbench_cells.artefacts": ("outer = outer",)})
    code = "import sys; sys.path.insert(0, '.'); import robustbench_cells as rb; assert 'outer' not in sys.modules; {}"
    for more, words in (("", ""), ("print(rb.ARTEFACTS.names())", "'outer' of outer 1.2 (ZeroDivisionError: division")):
        command = [sys.executable, "-c", code.format(more)]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
        assert (words in done.stderr) if words else (done.stderr == "")


def test_code_counts_as_it_was_loaded(package: tuple[str, Path]) -> None:
    """What is edited while a program runs is not what the program runs."""
    name, folder = package
    (folder / "a.py").write_text(MODULE.format(package=name, name="alpha"))
    module = plug_in(
        package, "outer", "class Thing:\n    name = 'outer'\n    def run(self):\n        return 1\n", ":Thing"
    )
    registry = registry_of(name)
    assert registry.source("alpha") == ""
    assert registry.qualified_name("alpha") == "alpha"
    before = registry.source("outer")
    assert len(before) == 16
    assert registry.qualified_name("outer") == f"outer [outer 1.2, code {before}]"
    assert describe_sources(registry) == {"thing outer": before}
    file = Path(str(sys.modules[module].__file__))
    file.write_text(file.read_text().replace("return 1", "return 2"))
    assert registry.source("outer") == before
    for loaded in (module, f"{name}.a", name):
        del sys.modules[loaded]
    assert registry_of(name).source("outer") != before


@pytest.mark.parametrize("name", ["\x1b[2Jfog", "fog\n", "\u202efog"])
def test_a_name_with_control_characters_is_refused(package: tuple[str, Path], name: str) -> None:
    registry, folder = package
    (folder / "fog.py").write_text(MODULE.format(package=registry, name=name))
    with pytest.raises(PluginError, match="has control characters; give it another one"):
        registry_of(registry).names()
