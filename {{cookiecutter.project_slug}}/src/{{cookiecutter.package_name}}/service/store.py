"""`models/`: every accepted model in a folder named by its digest, and a pointer to the one that is served."""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..errors import ModelError
from ..model import handoff as handoffs
from ..model.handoff import Handoff

CURRENT, RECORD, TEXT = "current.json", "acceptance.json", "ACCEPTANCE.md"
SHORT = 12
ACCEPT = "run `mlops accept handoff`"


class Store:
    """The folder of accepted models."""

    def __init__(self, root: Path = Path("models")) -> None:
        self.root = root

    def folder(self, digest: str) -> Path:
        return self.root / digest[:SHORT]

    @contextmanager
    def staging(self) -> Iterator[Path]:
        """A new folder on the same disk; whatever is still in it at the end is dropped."""
        staged = self.root / f".incoming-{secrets.token_hex(8)}"
        staged.mkdir(parents=True)
        try:
            yield staged
        finally:
            shutil.rmtree(staged, ignore_errors=True)

    def keep(self, staged: Path, digest: str) -> Path:
        """Move a checked folder to its place; a former acceptance of the same model makes way for it."""
        target = self.folder(digest)
        if target.exists():
            target.rename(staged.with_name(f"{staged.name}.former"))
        staged.rename(target)
        shutil.rmtree(staged.with_name(f"{staged.name}.former"), ignore_errors=True)
        return target

    def point(self, digest: str) -> None:
        """Make `digest` the one that is served, whole or not at all."""
        part = self.root / f".{CURRENT}.part"
        content = {"digest": digest, "folder": self.folder(digest).name}
        part.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8", newline="\n")
        part.replace(self.root / CURRENT)

    def current(self) -> str | None:
        """The digest of the model that is served, if one was accepted."""
        if not (self.root / CURRENT).is_file():
            return None
        return str(handoffs.read_json(self.root / CURRENT).get("digest"))

    def records(self) -> list[dict[str, Any]]:
        """The acceptance records, oldest first."""
        found = [handoffs.read_json(path) for path in self.root.glob(f"[!.]*/{RECORD}")]
        return sorted(found, key=lambda record: str(record["at"]))

    def record(self, digest: str) -> dict[str, Any] | None:
        """The acceptance of one model, by the digest or its beginning. Raises `ModelError` where two begin so."""
        found = [record for record in self.records() if digest and str(record["digest"]).startswith(digest)]
        if len(found) > 1:
            raise ModelError(f"{len(found)} accepted models begin with {digest!r}", fix="give more of the digest")
        return found[0] if found else None

    def holds(self, digest: str, sums: str) -> bool:
        """Is a model kept already, with these very files, all of them unchanged?"""
        record = self.record(digest)
        if record is None or record["sums_sha256"] != sums:
            return False
        try:
            handoffs.verify(self.folder(digest))
        except ModelError:
            return False
        return handoffs.sha256(self.folder(digest) / handoffs.SUMS) == sums

    def load(self, wanted: str | None = None) -> Handoff:
        """The model to serve: the current one, or `wanted` by the beginning of its digest.

        Raises `ModelError` where none was accepted, or where a file is not the one that was accepted.
        """
        digest = wanted or self.current()
        if digest is None:
            raise ModelError(f"{self.root} holds no accepted model", fix=ACCEPT)
        record = self.record(digest)
        if record is None:
            known = ", ".join(str(other["digest"])[:SHORT] for other in self.records()) or "none"
            raise ModelError(f"no accepted model has the digest {digest}", fix=f"accepted are: {known}; or {ACCEPT}")
        folder = self.folder(str(record["digest"]))
        sums = folder / handoffs.SUMS
        if not sums.is_file() or handoffs.sha256(sums) != record["sums_sha256"]:
            raise ModelError(f"{sums} is not the one that was accepted", fix=f"accept the model again: {ACCEPT}")
        loaded = handoffs.load(folder)
        if loaded.digest != record["digest"]:
            raise ModelError(f"{folder} holds the model {loaded.digest} and not {record['digest']}", fix=ACCEPT)
        return loaded
