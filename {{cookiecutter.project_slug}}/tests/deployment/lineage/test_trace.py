"""From anything to everything that it stands on, and back; what is gone or altered on the way is told."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result
from training import made

from {{cookiecutter.package_name}} import cli
from {{cookiecutter.package_name}}.data import ingest as ingesting
from {{cookiecutter.package_name}}.deployment.lineage import as_json, find, picture, text, trace, verify
from {{cookiecutter.package_name}}.deployment.lineage.find import UnknownThingError
from {{cookiecutter.package_name}}.deployment.lineage.graph import Node
from {{cookiecutter.package_name}}.deployment.lineage.trace import Trace
from {{cookiecutter.package_name}}.deployment.serving import layout, lines, records, state
from {{cookiecutter.package_name}}.model import handoff, project
from {{cookiecutter.package_name}}.training.registry import Registry

from ..promotion import world

EVENT = "0f3a9c-1"
ALL = {"deployment", "version", "run", "commit", "environment", "features", "snapshot", "file", "batch", "source"}


def traced(root: Path, thing: str, **options: object) -> Trace:
    return trace.run(root, thing, world.CLOCK, workspace="dev", **options)  # type: ignore[arg-type]


def kinds(found: Trace) -> set[str]:
    return {node.kind for node in found.graph.nodes.values()}


def called(found: Trace, kind: str) -> list[str]:
    return [node.called for node in found.graph.nodes.values() if node.kind == kind]


def digest(root: Path) -> str:
    return handoff.sha256(world.artifacts(root, "dev") / "model" / handoff.MODEL)


def record(root: Path) -> dict[str, object]:
    return handoff.read_json(world.artifacts(root, "dev") / "record" / "record.json")


def predicted(root: Path, event: str = EVENT, deployment: str = "blue", *, shadow: bool = False) -> None:
    """A prediction as the gateway records it."""
    at = (world.CLOCK.now() + timedelta(minutes=1)).isoformat()
    answer = json.dumps({"prediction": 12.5}).encode()
    asked = (event, at, f"request-{event}", deployment, "1", digest(root), None, None)
    note = lines.Note(*asked, shadow, False, 200, 1.5, False, b"{}", {}, answer, b"")
    recorder = records.Recorder(layout.Layout(world.place(root, "prod")).records)
    recorder.put(note)
    recorder.flush()
    for grown in recorder.open.values():
        grown.file.close()


# --- forwards


def test_a_prediction_leads_to_everything_that_it_stands_on(repo: Path) -> None:
    predicted(repo)
    found = traced(repo, EVENT)
    assert kinds(found) == {"prediction"} | ALL
    assert called(found, "deployment") == ["prod/blue"]
    assert called(found, "version") == ["dev:1", "registry:1", "prod:1"]
    assert called(found, "source") == ["000000.csv"]
    assert found.problems == []
    assert all(found.state(node) for node in found.graph.nodes.values() if node.kind != "features")


def test_its_request_leads_to_the_live_answer_and_to_the_copy(repo: Path) -> None:
    predicted(repo)
    predicted(repo, f"{EVENT}-shadow", shadow=True)
    assert called(traced(repo, EVENT), "prediction") == [EVENT, f"{EVENT}-shadow"]
    assert called(traced(repo, f"request-{EVENT}"), "prediction") == [EVENT]


THINGS: dict[str, tuple[Callable[[Path], str], str]] = {
    "a version of a workspace": (lambda _: "prod:1", "version prod:1"),
    "a version by its alias": (lambda _: "registry:candidate", "version registry:1"),
    "a version of the current workspace": (lambda _: "1", "version dev:1"),
    "a deployment": (lambda _: "prod/blue", "deployment prod/blue#1"),
    "a deployment without its workspace": (lambda _: "blue", "deployment prod/blue#1"),
    "a run": (lambda root: str(record(root)["run"]), ""),
    "a model's digest": (digest, "version prod:1"),
    "the beginning of one": (lambda root: digest(root)[:8], "version prod:1"),
}


@pytest.mark.parametrize(("thing", "start"), THINGS.values(), ids=THINGS)
def test_every_name_of_what_was_made_leads_to_the_raw_file(
    served: Path, thing: Callable[[Path], str], start: str
) -> None:
    found = traced(served, thing(served), looking=False)
    assert found.direction == "origins"
    assert found.start == ((start,) if start else (f"run {thing(served)}",))
    assert called(found, "source") == ["000000.csv"]


# --- backwards


def drop_digest(root: Path) -> str:
    return hashlib.sha256((root / "drop" / "000000.csv").read_bytes()).hexdigest()


def landed(root: Path) -> Path:
    return next((root / "data" / "landed").rglob("*.parquet"))


def copy_elsewhere(root: Path) -> str:
    """The same content under another name."""
    return str(shutil.copyfile(root / "drop" / "000000.csv", root / "attachment.csv"))


RAW: dict[str, Callable[[Path], str]] = {
    "the path of a dropped file": lambda _: "drop/000000.csv",
    "its name": lambda _: "000000.csv",
    "its digest": drop_digest,
    "a copy of it": copy_elsewhere,
    "a landed file": lambda root: str(landed(root).relative_to(root)),
    "a landed file's digest": lambda root: handoff.sha256(landed(root)),
    "a batch": lambda _: "000001",
    "a snapshot": lambda root: str(record(root)["snapshot"]["state"]),  # type: ignore[index]
    "a commit": lambda root: str(record(root)["commit"])[:10],
    "an environment": lambda root: str(record(root)["environment"]["digest"])[:16],  # type: ignore[index]
    "a feature set": lambda _: "history",
}


@pytest.mark.parametrize("thing", RAW.values(), ids=RAW)
def test_everything_raw_leads_to_the_deployments_that_stand_on_it(served: Path, thing: Callable[[Path], str]) -> None:
    found = traced(served, thing(served), looking=False)
    assert found.direction == "users"
    assert called(found, "version") == ["dev:1", "registry:1", "prod:1"]
    assert called(found, "deployment") == ["prod/blue"]


def test_a_file_that_no_model_read_has_no_users(repo: Path) -> None:
    from_later = made.rows(200, first=5000)
    made.drop(repo, from_later)
    ingest(repo)
    found = traced(repo, "005000.csv", looking=False)
    assert kinds(found) == {"source", "batch", "file"}
    assert called(traced(repo, "drop/000000.csv", looking=False), "deployment") == ["prod/blue"]


def ingest(root: Path) -> None:

    ingesting.run(project.load(root / "project.toml"), root / "data" / "landed", base=root)


def test_a_file_that_was_written_again_stands_on_all_of_its_batches(repo: Path) -> None:
    before = {it.sha256 for it in traced(repo, "000001", looking=False).graph.of("file")}
    made.drop(repo, made.rows(24, first=1000))
    ingest(repo)
    (fresh,) = [it for it in traced(repo, "000002", looking=False).graph.of("file") if it.sha256 not in before]
    found = traced(repo, fresh.sha256, direction="origins")
    assert called(found, "batch") == ["000001", "000002"]
    assert called(found, "source") == ["000000.csv", "001000.csv"]
    assert found.problems == []


def test_both_directions_can_be_asked(served: Path) -> None:
    assert called(traced(served, "registry:1", direction="users", looking=False), "deployment") == ["prod/blue"]
    assert "source" in kinds(traced(served, str(record(served)["run"]), direction="origins", looking=False))


# --- what is not called so


def test_a_name_of_nothing_is_told(served: Path) -> None:
    with pytest.raises(UnknownThingError, match="nothing here is called 'prod:7'"):
        traced(served, "prod:7")


def test_a_file_that_was_never_landed_is_told(repo: Path) -> None:
    (repo / "other.csv").write_text("a,b\n", encoding="utf-8")
    with pytest.raises(UnknownThingError, match="no file that a model could stand on"):
        traced(repo, "other.csv")


def test_a_beginning_of_two_digests_is_told(served: Path) -> None:
    found = traced(served, "prod:1", looking=False)

    found.graph.add(Node("file", "a", "abcdef" + "0" * 58, {"path": "a"}))
    found.graph.add(Node("file", "b", "abcdef" + "1" * 58, {"path": "b"}))
    with pytest.raises(UnknownThingError, match="several digests begin"):
        find.digests(found.graph, "abcdef")


# --- what is not true any more


def spoil_landed(root: Path) -> None:
    landed(root).write_bytes(b"other rows")


def remove_landed(root: Path) -> None:
    landed(root).unlink()


def spoil_history(root: Path) -> None:
    (path,) = (root / "data" / "landed" / "manifests").glob("*.json")
    found = json.loads(path.read_text(encoding="utf-8"))
    found["added"] = found["added"][:-1]
    path.write_text(json.dumps(found), encoding="utf-8")


def spoil(name: str, workspace: str = "dev", *, sums: bool = False) -> Callable[[Path], None]:
    """Change a file of the version in a workspace; with `sums`, renew the checksums too."""

    def change(root: Path) -> None:
        folder = world.artifacts(root, workspace)
        (folder / name).write_text("altered", encoding="utf-8")
        if sums:
            (folder / "handoff" / handoff.SUMS).write_text(handoff.sums(folder / "handoff"), encoding="utf-8")

    return change


def lose(workspace: str) -> Callable[[Path], None]:
    return lambda root: shutil.rmtree(world.artifacts(root, workspace))


def write(root: Path, workspace: str, *words: str) -> None:
    """Past all that guards the workspace's database."""
    with closing(sqlite3.connect(world.place(root, workspace).state)) as connection:
        for word in words:
            connection.execute(word)
        connection.commit()


def hole(root: Path) -> None:
    write(root, "registry", "DROP TRIGGER ledger_no_delete", "DELETE FROM ledger")


def no_run(root: Path) -> None:
    write(root, "dev", "DELETE FROM runs")


def other_way(root: Path) -> None:
    registry = Registry(world.place(root, "prod"), world.CLOCK)
    registry.client.set_model_version_tag(registry.name, "1", "promoted_from", "dev:1")


def lost_lock(root: Path) -> None:
    (root / "environments" / "training.lock").write_text("# another\n", encoding="utf-8")
    world.without_commits(root)


def other_folder(root: Path) -> None:
    (world.artifacts(root, "prod") / "handoff" / handoff.MODEL).write_bytes(b"another model")


def rewritten_drop(root: Path) -> None:
    (root / "drop" / "000000.csv").write_text("id,at,km,zone,minutes\n", encoding="utf-8")


def test_a_file_that_only_the_runs_snapshot_still_has_is_not_lost(repo: Path) -> None:
    path = landed(repo)
    spare = repo / "workspaces" / "dev" / "runs" / "1" / "ingest" / "snapshot" / path.parent.name / path.name
    spare.parent.mkdir(parents=True)
    path.rename(spare)
    assert traced(repo, "prod:1").problems == []
    spare.write_bytes(b"other")
    assert "is gone" in " ".join(traced(repo, "prod:1").problems)


# what is done -> things of which something is told, and words of it
FALSE: dict[str, tuple[Callable[[Path], None], set[str], str]] = {
    "a changed snapshot file": (spoil_landed, {"file"}, "is not what was landed"),
    "an absent snapshot file": (remove_landed, {"file"}, "is gone"),
    "another history": (spoil_history, {"snapshot", "batch"}, "is unknown"),
    "an altered model": (spoil("model/model.skops"), {"version"}, "it was altered: model/model.skops"),
    "an altered hand-off": (spoil("handoff/metrics.json"), {"version"}, "its checksum differs"),
    "one with renewed checksums": (spoil("handoff/MODEL_CARD.md", sums=True), {"version"}, "altered after its tests"),
    "an altered copy": (spoil("model/MLmodel", "registry"), {"version"}, "all files since they came here"),
    "lost artifacts": (lose("registry"), {"version"}, "there is no file"),
    "a missing commit": (world.without_commits, {"commit"}, "is not in this repo"),
    "a lock that nobody has": (lost_lock, {"commit", "environment"}, "the lock"),
    "a hole in the ledger": (hole, {"version"}, "the ledger"),
    "a run that nobody wrote down": (no_run, {"run"}, "no record of this run"),
    "another way than was written down": (other_way, {"version"}, "the workspace wrote down registry:1"),
    "another model in the deployment's folder": (other_folder, {"deployment", "version"}, "holds the model"),
    "a dropped file that was rewritten": (rewritten_drop, {"source"}, "was changed since it was read"),
}


@pytest.mark.parametrize(("spoiling", "where", "said"), FALSE.values(), ids=FALSE)
def test_what_is_gone_or_altered_is_told(
    repo: Path, spoiling: Callable[[Path], None], where: set[str], said: str
) -> None:
    spoiling(repo)
    found = traced(repo, "prod/blue")
    assert {found.graph.nodes[key].kind for key, wrong in found.seen.items() if wrong} == where
    assert said in " ".join(found.problems)
    with pytest.raises(trace.BrokenLineageError):
        trace.require(found)
    trace.require(traced(repo, "prod/blue", looking=False))


def test_every_kind_that_is_looked_at_was_found_wrong() -> None:

    found = {kind for _, where, _ in FALSE.values() for kind in where}
    assert found | {"prediction"} == set(verify.LOOKED_AT)


def test_a_prediction_of_a_model_that_was_never_deployed_is_told(repo: Path) -> None:
    predicted(repo, deployment="green")
    assert "no deployment green ever had the model" in " ".join(traced(repo, EVENT).problems)


def test_a_deployment_of_a_model_that_is_not_registered_is_told(repo: Path) -> None:
    folder = world.artifacts(repo, "prod") / "handoff"
    endpoint = state.Endpoint(world.place(repo, "prod"))
    endpoint.change(state.deploy("green", "9", "ab" * 32, folder), at=world.CLOCK.now(), by="tester", reason="by hand")
    assert "no version of prod has the model abababababab" in " ".join(traced(repo, "green").problems)


def test_a_name_that_got_another_model_is_two_deployments(repo: Path) -> None:
    predicted(repo)
    folder = world.artifacts(repo, "prod") / "handoff"
    endpoint = state.Endpoint(world.place(repo, "prod"))
    later = world.CLOCK.now() + timedelta(hours=1)
    endpoint.change(state.deploy("blue", "2", "ab" * 32, folder), at=later, by="tester", reason="a release")
    assert called(traced(repo, EVENT, looking=False), "version") == ["dev:1", "registry:1", "prod:1"]
    assert called(traced(repo, "blue", looking=False), "version") == []
    users = traced(repo, "prod:1", direction="users", looking=False)
    assert [node.facts["traffic"] for node in users.graph.of("deployment")] == ["gone"]


def test_a_prediction_belongs_to_the_deployment_of_its_time(repo: Path) -> None:
    predicted(repo)
    folder = world.artifacts(repo, "prod") / "handoff"
    endpoint = state.Endpoint(world.place(repo, "prod"))
    for hours, sha256 in ((1, "ab" * 32), (2, digest(repo))):  # another model, and this one again
        later = world.CLOCK.now() + timedelta(hours=hours)
        endpoint.change(state.deploy("blue", "1", sha256, folder), at=later, by="tester", reason="a release")
    found = traced(repo, EVENT, looking=False)
    assert [node.name for node in found.graph.of("deployment")] == ["prod/blue#1"]


# --- how it is shown


def test_the_tree_names_each_thing_once(served: Path) -> None:
    said = text.tree(traced(served, "prod/blue", looking=False))
    assert said.splitlines()[0].startswith("deployment prod/blue: version 1, traffic 100 %, model ")
    assert sum(line.lstrip().startswith("version ") for line in said.splitlines()) == 3
    assert said.count("batch 000001:") == 1


def test_the_tree_leaves_out_what_is_many_but_not_what_is_wrong(repo: Path) -> None:
    files = list((repo / "data" / "landed").rglob("*.parquet"))
    found = traced(repo, "prod:1", looking=False)
    several = len(called(found, "file"))
    if several > text.FEW:
        assert f"... and {several - text.FEW + 1} more of kind file" in text.tree(found)
    assert len(files) == sum(line.strip().startswith("file ") for line in text.tree(found, whole=True).splitlines())
    files[-1].unlink()
    assert "WRONG: data/landed/" in text.tree(traced(repo, "prod:1"))


def test_the_json_holds_nodes_edges_and_what_is_wrong(repo: Path) -> None:
    spoil_landed(repo)
    found = as_json.content(traced(repo, "prod:1"))
    keys = {node["key"] for node in found["nodes"]}
    assert all({edge["from"], edge["to"]} <= keys for edge in found["edges"])
    assert {node["verified"] for node in found["nodes"]} == {True, False, None}
    assert len(found["problems"]) == 1
    json.dumps(found, allow_nan=False)


def test_a_run_is_an_openlineage_event_with_its_facets(served: Path) -> None:
    (event,) = as_json.content(traced(served, "prod:1", looking=False))["openLineage"]
    assert event["eventType"] == "COMPLETE"
    assert event["job"]["facets"]["sourceCodeLocation"]["version"] == record(served)["commit"]
    assert event["run"]["facets"]["processing_engine"]["name"] == "python"
    files = record(served)["snapshot"]["files"]  # type: ignore[index]
    assert {it["name"]: it["facets"]["version"]["datasetVersion"] for it in event["inputs"]} == files
    assert [it["facets"]["version"]["datasetVersion"] for it in event["outputs"]] == [digest(served)]


def test_the_picture_is_well_formed_and_the_same_each_time(repo: Path) -> None:
    spoil_landed(repo)
    drawn = picture.drawn(traced(repo, "prod/blue"))
    assert drawn == picture.drawn(traced(repo, "prod/blue"))
    image = ElementTree.fromstring(drawn)  # noqa: S314 - our own
    said = [str(it.text) for it in image.iter("{http://www.w3.org/2000/svg}text")]
    assert {"prod/blue", "registry:1", "prod:1", "snapshot", "commit", "features"} <= set(said)
    assert any("things are not as recorded" in line for line in said)
    width = float(image.attrib["width"])
    for box in image.iter("{http://www.w3.org/2000/svg}rect"):
        assert float(box.attrib.get("x", 0)) + float(box.attrib["width"]) <= width


# --- the command


def mlops(*words: str) -> Result:
    return CliRunner().invoke(cli.main, list(words))


def test_a_lineage_that_holds_is_exit_0(repo: Path) -> None:
    ran = mlops("trace", "prod/blue", "--picture", str(repo / "reports" / "trace.svg"))
    assert ran.exit_code == 0, ran.output
    assert "things, each as it was recorded" in ran.output
    assert (repo / "reports" / "trace.svg").is_file()
    assert json.loads(mlops("trace", "prod/blue", "--json").output)["problems"] == []


def test_a_broken_lineage_is_exit_1_and_only_showing_it_is_not(repo: Path) -> None:
    remove_landed(repo)
    ran = mlops("trace", "drop/000000.csv")
    assert ran.exit_code == 1
    assert "is gone" in ran.output
    assert mlops("trace", "drop/000000.csv", "--no-verify").exit_code == 0
    assert mlops("trace", "prod:1", "--users").exit_code == 0
