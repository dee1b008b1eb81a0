"""The rehearsal's last chapters: back with one command, where an answer came from, a table, a client, and the end."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ..model import handoff
from ..story import Figure, Stage, Told
from ..training import parts
from . import story_scene as scene
from .batch import registered
from .client import contract, generate
from .lineage import picture, trace
from .rehearsal.copied import FOLDER
from .release import champions, rollback
from .serving import running, status
from .story_scene import GOOD, NOTHING, SEEN, Scene

ROWS, SPOILT = 2_000, 3
APPLICATION = """
import json, sys
from {package} import Client
found = Client(sys.argv[1]).predict(json.load(sys.stdin))
print(found.value, "by", found.deployment)
"""


def back(stage: Stage) -> Told:
    """`mlops rollback`, and the way from a prediction to the raw files."""
    with scene.going_on(stage) as it:
        if SEEN not in stage.notes:
            return NOTHING
        figures: dict[str, Figure] = {}
        if champions.crowned(it.world, it.digest(stage.notes.get(GOOD, ""))):
            gone = rollback.run(it.world, "the rehearsal")
            there = it.world.registry(it.world.dev).champion()
            it.must(
                there is not None and champions.crowned(it.world, there.sha256), "dev has another champion than prod"
            )
            figures["rollback"] = gone.sentence
        found = trace.run(it.root, stage.notes[SEEN], it.clock, workspace=it.world.prod.name)
        it.must(not found.problems, f"the lineage of a prediction does not hold: {found.problems[:3]}")
        kinds = [node.kind for node in found.graph.nodes.values()]
        figures |= {"a prediction": stage.notes[SEEN], "things that it stands on, each looked at": len(kinds)}
        figures |= {f"  {kind}": kinds.count(kind) for kind in dict.fromkeys(kinds)}
        drawing = stage.root / "reports" / "lineage.svg"
        drawing.write_text(picture.drawn(found), encoding="utf-8", newline="\n")
    text = (
        "One command gave everybody the version before; where models are trained, the word of the champion followed. A"
        " single prediction leads back to its deployment, version, run, commit, environment, snapshot and raw batches,"
        " and each of them is still what was recorded."
    )
    return Told(text, figures, (drawing,))


def offline(stage: Stage) -> Told:
    """A table scored by the registered version, and a client that asks the endpoint; then the endpoint ends."""
    with scene.going_on(stage) as it:
        if SEEN not in stage.notes:
            return NOTHING
        table = spoilt(it)
        out = table.with_name("scores.parquet")
        done = registered.run(it.world.prod, table, out, "champion", (), ROWS // 4, it.clock, scene.mute, fresh=True)
        it.must(done.rejected == SPOILT, f"{SPOILT} rows were spoilt, and {done.rejected} set aside")
        figures: dict[str, Figure] = {
            "rows scored": done.scored,
            "rows set aside": done.rejected,
            "chunks": done.chunks,
        }
        figures |= {"answer of the client": called(it)}
        figures["endpoint"] = running.down(it.world.prod)
    text = (
        "The registered version scored a table chunk by chunk; rows that the service would refuse were set aside with"
        " their reason. A client was generated from the model's contract and asked the endpoint. Nothing of this is"
        f" gone: look around in {FOLDER}, with `mlops endpoint up`, `mlops rollout list`, `mlops trace prod:champion`."
    )
    return Told(text, figures)


def spoilt(it: Scene) -> Path:
    """A table of rows that no version learned from, the first of which have no time."""
    rows, schema = parts.read(it.later)
    table = rows.tail(ROWS).copy()
    table.loc[table.index[:SPOILT], schema.table.timestamp] = None
    path = it.root / "workspaces" / "rows.parquet"
    table.to_parquet(path, index=False)
    return path


def called(it: Scene) -> str:
    """What the generated client, in a process that has nothing else, gets for the model's own sample."""
    out, registry = it.root / "client", it.world.registry(it.world.prod)
    with registry.files(registry.get("champion")) as folder:
        generate.write(out, contract.of_handoff(folder))
        record = handoff.read_json(folder / handoff.REQUEST)["records"][0]
    url = status.read(it.world.prod).address
    ran = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-c", APPLICATION.format(package=generate.PACKAGE), url],
        cwd=out,
        input=json.dumps(record),
        capture_output=True,
        text=True,
        check=False,
    )
    it.must(ran.returncode == 0, f"the generated client got no answer: {ran.stderr.strip()[-300:]}")
    return ran.stdout.strip()
