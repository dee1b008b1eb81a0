"""Keep the level's files, all of which must be there, and record them. Standard library only, no network, no git."""

import hashlib
import json
import tomllib
from pathlib import Path


def git_id(path: Path) -> bytes:
    """The object id that git gives a file or folder: by it an upgrade can tell that it rendered the same base."""
    entries = sorted(path.iterdir(), key=lambda at: at.name.encode() + b"/" * at.is_dir()) if path.is_dir() else []
    rows = [b"%s %s\0%s" % (b"40000" if at.is_dir() else b"100644", at.name.encode(), git_id(at)) for at in entries]
    kind, body = (b"tree", b"".join(rows)) if path.is_dir() else (b"blob", path.read_bytes())
    return hashlib.sha1(b"%s %d\0%s" % (kind, len(body), body), usedforsecurity=False).digest()


record = json.loads(Path(".ladder.json").read_text(encoding="utf-8"))
level, ci, root = int(record["answers"]["maturity_level"]), record["answers"]["ci_provider"], Path().resolve()
table = tomllib.loads(Path("levels.toml").read_text(encoding="utf-8"))
rows = [row for row in table["level"] if row["number"] <= level]
kept = {(root / path).resolve(strict=True) for row in rows for path in row["paths"] + row.get("ci", {}).get(ci, [])}
kept -= {root / path for row in rows for path in [".ladder.json", *row.get("retires", [])]}
for path in sorted(root.rglob("*"), reverse=True):  # what a folder holds comes before the folder
    if path.is_dir() and not any(path.iterdir()):
        path.rmdir()
    elif path.is_file() and ("__pycache__" in path.parts or not kept.intersection([path, *path.parents])):
        path.unlink()
record |= {"level": level, "tree": git_id(root).hex()}
(root / ".ladder.json").write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8", newline="\n")
