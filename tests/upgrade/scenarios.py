"""The scenarios in which cruft and copier were measured: `docs/moving.md` shows them, tests hold our column."""

from __future__ import annotations

from dataclasses import dataclass

MEASURED = "cruft 2.16.0", "copier 9.19.1"
LOST = "level change silently lost, exit 0"


@dataclass(frozen=True)
class Row:
    """What three tools do in one scenario."""

    scenario: str
    cruft: str
    copier: str
    ladder: str


ROWS = {
    "untouched": Row(
        "nobody edited anything; two levels up", "ok, uncommitted", "ok, uncommitted", "one commit a level"
    ),
    "edit_elsewhere": Row("an edit away from what the level changes", "ok", "ok", "both are there"),
    "edit_overlaps": Row(
        "an edit of the lines that the level changes",
        'markers, exit 0 and "Good work!"',
        "markers, exit 0, silent",
        "exit 1, markers with the base, the files listed",
    ),
    "renamed_file": Row("a file was renamed that the level changes", LOST, LOST, "the change follows the file"),
    "renamed_folder": Row(
        "a folder was renamed that the level adds a file to",
        "the new file is never created, exit 0",
        "created in the old folder",
        "it lands in the renamed folder",
    ),
    "deleted_file": Row(
        "a file was deleted that the level changes",
        "silently dropped",
        "silently dropped",
        "a conflict; other deleted files stay deleted",
    ),
    "added_same_path": Row(
        "the team added a path that the level adds",
        "conflict where the text differs, exit 0",
        "conflict where the text differs, exit 0",
        "a conflict where the text differs, else nothing",
    ),
    "dirty_elsewhere": Row("an uncommitted edit elsewhere", "refuses", "refuses", "goes on, the edit is kept"),
    "dirty_overlap": Row("an uncommitted edit of a file that the level changes", "refuses", "refuses", "refuses"),
    "untracked_in_the_way": Row("an untracked file where the level adds one", "refuses", "refuses", "refuses"),
    "ignored_in_the_way": Row(
        "an ignored file where the level adds one",
        "kept, the rest half applied, exit 0",
        "overwritten silently",
        "refuses",
    ),
    "shallow": Row("a clone with `--depth 1`", "`README.md.rej`, exit 0", "markers", "as in a full clone"),
    "squashed": Row("the step was squash-merged, then the next level", "ok", "ok", "clean"),
    "twice": Row("run twice", "nothing happens", "nothing happens", "says that there is nothing to do"),
    "twice_in_conflict": Row("run again while conflicts wait", "refuses", "refuses", "refuses, says how to go on"),
    "binary_changed_by_both": Row(
        "a binary file changed by the team and by the template",
        "conflict, the team's kept",
        "the team's overwritten, exit 0",
        "a conflict, the team's kept",
    ),
    "binary_untouched": Row("a binary file changed by the template", "ok", "ok", "the new one"),
    "mode": Row("the template makes a script executable that the team edited", "ok", "ok", "both are there"),
    "down": Row(
        "a level down; the team edited a file of the upper one",
        "kept, the rest reversed, exit 0",
        "the team's file deleted silently",
        "a conflict on that file, the rest reversed",
    ),
    "retired_file_edited": Row(
        "the level retires a file that the team edited", "kept, noisy, exit 0", "deleted silently", "a conflict"
    ),
    "template_gone": Row("no network, the template's host is gone", "traceback", "traceback", "ok, it needs neither"),
    "no_git": Row("a project without git", "`.rej` files", "refuses", "offers `git init`, then one commit a level"),
    "monorepo": Row("the project is a folder of a larger repo", "ok", "ok", "ok, only that folder is touched"),
    "crlf": Row(
        "an editor saved CRLF",
        "conflict in the file",
        "conflict",
        "a conflict; none once `.gitattributes` normalises (Level 1)",
    ),
}


def markdown() -> str:
    """The table for the docs."""
    lines = [f"| scenario | {MEASURED[0]} | {MEASURED[1]} | ladder |", "|---|---|---|---|"]
    return "\n".join(
        [*lines, *(f"| {row.scenario} | {row.cruft} | {row.copier} | {row.ladder} |" for row in ROWS.values())]
    )
