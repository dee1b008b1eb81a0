"""The client's files: always the same ones, well formed and typed, and known when somebody changed them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.deployment.client import contract, generate
from {{cookiecutter.package_name}}.deployment.client.contract import ContractError, Input
from {{cookiecutter.package_name}}.model import handoff

from . import made

CASES = [(task, names) for task in made.METRICS for names in (made.PLAIN, made.AWKWARD)]
USE = """
from datetime import UTC, datetime
from {package} import Client, InvalidRecordError, Prediction, Record

def use(record: Record) -> {type}:
    with Client("http://127.0.0.1:1", "key", timeout=1.0) as client:
        found: Prediction = client.predict(record)
        client.predict_many([record, record], deployment="green")
        client.report_outcome(found.event_id, found.value, datetime.now(UTC))
        try:
            return found.value
        except InvalidRecordError as error:
            print(error.findings[0].field)
            raise

record: Record = {record!r}
"""


def content(out: Path) -> dict[str, bytes]:
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one client for each task and kind of names, each with a module that uses it."""
    root = tmp_path_factory.mktemp("clients")
    for task, names in CASES:
        folder = root / f"{task}-{'plain' if names == made.PLAIN else 'awkward'}"
        made.written(made.schema(task, names), folder, frozenset([names[1]]))
        kind = "float" if task == "regression" else "str"
        text = USE.format(package=generate.PACKAGE, type=kind, record=made.record(names))
        (folder / "use.py").write_text(text, encoding="utf-8")
    return root


def ran(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", *words], cwd=cwd, capture_output=True, text=True, check=False)  # noqa: S603


@pytest.mark.integration
@pytest.mark.parametrize("which", ["regression-plain", "binary-awkward", "multiclass-awkward"])
def test_a_client_and_its_use_are_strictly_typed(which: str, clients: Path) -> None:
    done = ran(
        "mypy", "--strict", "--cache-dir", str(clients / "cache"), "use.py", generate.PACKAGE, cwd=clients / which
    )
    assert done.returncode == 0, done.stdout
    wrong = (clients / which / "use.py").read_text(encoding="utf-8").replace("True", "'perhaps'")
    (clients / which / "wrong.py").write_text(wrong, encoding="utf-8")
    refused = ran("mypy", "--strict", "--cache-dir", str(clients / "cache"), "wrong.py", cwd=clients / which)
    assert refused.returncode == 1
    assert "incompatible type" in refused.stdout or "Incompatible types" in refused.stdout


def test_what_is_written_is_formatted_as_the_rest_of_the_repo(clients: Path, root: Path) -> None:
    settings = ["--config", str(root / "pyproject.toml"), "--no-cache"]
    folders = [str(path) for path in clients.glob(f"*/{generate.PACKAGE}")]
    assert len(folders) == len(CASES)
    readmes = [str(path) for path in clients.glob("*/README.md")]
    for words in (["format", "--check", *readmes], ["check", "--ignore", "INP"]):
        done = ran("ruff", *words, *settings, *folders, cwd=clients)
        assert done.returncode == 0, done.stdout


def test_nothing_but_the_standard_library_is_needed(clients: Path) -> None:
    """Python without any site packages, our own included."""
    command = [sys.executable, "-I", "-S", "-c", f"import sys; sys.path[:0] = ['.']; import {generate.PACKAGE}"]
    done = subprocess.run(command, cwd=clients / "binary-awkward", capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr


def test_the_same_contract_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = (content(made.written(made.schema("binary"), tmp_path / name)) for name in ("1", "2"))
    assert first == second
    again = content(made.written(made.schema("binary"), tmp_path / "1"))
    assert again == first


def test_the_check_holds_what_was_generated_and_sees_what_was_changed(tmp_path: Path) -> None:
    out, wanted = made.written(made.schema(), tmp_path / "client"), contract.of(made.schema())
    assert generate.check(out, wanted).version == "1.0"
    for path in sorted(out.rglob("*")):
        if path.is_file():
            kept = path.read_bytes()
            path.write_bytes(kept + b"\n# mine\n" if path.suffix != ".json" else kept.replace(b'"y"', b'"z"'))
            with pytest.raises(ContractError):
                generate.check(out, wanted)
            path.write_bytes(kept)
    (out / generate.PACKAGE / "mine.py").write_text("", encoding="utf-8")
    with pytest.raises(ContractError, match=r"mine\.py"):
        generate.check(out, wanted)
    (out / generate.PACKAGE / "mine.py").unlink()
    (out / generate.PACKAGE / "errors.py").unlink()
    with pytest.raises(ContractError, match=r"errors\.py"):
        generate.check(out, wanted)


def test_the_check_sees_that_the_schema_has_moved_on(tmp_path: Path) -> None:
    out = made.written(made.schema(), tmp_path / "client")
    moved = contract.of(made.schema("regression", ("size", "warm", "place", "closed")))
    with pytest.raises(ContractError, match="closed is new and must be sent"):
        generate.check(out, moved)


def test_versions_rise_with_what_changes_and_a_break_must_be_meant(tmp_path: Path) -> None:
    base, out = made.contract_of(), tmp_path / "client"
    assert generate.write(out, base)[0].version == "1.0"
    wider = made.contract_of(*base.inputs, Input(name="rain", kind="numeric", optional=True))
    assert generate.write(out, wider)[0].version == "1.1"
    assert generate.write(out, wider)[0].version == "1.1"
    narrower = made.contract_of(*base.inputs[:1])
    before = content(out)
    with pytest.raises(ContractError, match=r"callers of version 1\.1 would break"):
        generate.write(out, narrower)
    assert content(out) == before
    made_now, found = generate.write(out, narrower, breaking=True)
    assert made_now.version == "2.0"
    assert {str(it) for it in found} == {"breaking: zone is no input any more", "breaking: rain is no input any more"}
    assert 'CONTRACT = "2.0"' in (out / generate.PACKAGE / "record.py").read_text(encoding="utf-8")


def test_a_module_that_is_no_longer_part_of_it_is_removed(tmp_path: Path) -> None:
    out = made.written(made.schema(), tmp_path / "client")
    (out / generate.PACKAGE / "old.py").write_text("", encoding="utf-8")
    made.written(made.schema(), out)
    assert not (out / generate.PACKAGE / "old.py").exists()


def test_the_command_writes_the_client_of_this_repo_and_holds_it(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)
    out = str(tmp_path / "client")
    done = CliRunner().invoke(cli.main, ["client", "generate", "--out", out])
    assert done.exit_code == 0, done.output
    assert CliRunner().invoke(cli.main, ["client", "generate", "--out", out, "--check"]).exit_code == 0
    (tmp_path / "client" / "README.md").write_text("mine", encoding="utf-8")
    refused = CliRunner().invoke(cli.main, ["client", "generate", "--out", out, "--check"])
    assert refused.exit_code == 1
    assert "README.md" in refused.output
    none = CliRunner().invoke(cli.main, ["client", "generate", "--out", str(tmp_path / "none"), "--check"])
    assert none.exit_code == 1
    both = CliRunner().invoke(cli.main, ["client", "generate", "--version", "1", "--schema", "x"])
    assert both.exit_code == 2


def test_the_client_of_a_handed_off_model_can_be_written(tmp_path: Path) -> None:
    schema = tmp_path / "schema.json"
    handoff.write_json(schema, {"format": 1, "schema": made.schema("binary").model_dump(mode="json")})
    done = CliRunner().invoke(
        cli.main, ["client", "generate", "--schema", str(schema), "--out", str(tmp_path / "client")]
    )
    assert done.exit_code == 0, done.output
    assert contract.read(tmp_path / "client" / contract.FILE) == contract.of(made.schema("binary"))
    contract_file = str(tmp_path / "client" / contract.FILE)
    words = ["client", "generate", "--schema", contract_file, "--out", str(tmp_path / "client"), "--check"]
    assert CliRunner().invoke(cli.main, words).exit_code == 0


def test_inputs_that_the_service_looks_up_may_be_left_out(tmp_path: Path) -> None:
    out = made.written(made.schema(), tmp_path / "client", frozenset(["warm"]))
    text = (out / generate.PACKAGE / "record.py").read_text(encoding="utf-8")
    assert "warm: NotRequired[float | None]" in text
    assert "looked up where it is left out" in text
