"""Refuse answers that cannot work, before anything is written. Standard library only, no network, no git."""

import json
import keyword
import re
import sys

if sys.version_info < (3, 11):
    sys.exit(f"error: this is Python {sys.version.split()[0]}, and the project needs 3.11 or newer")
ANSWERS = json.loads(r"""{{ cookiecutter | jsonify }}""")
SLUG, PACKAGE, LEVEL, CI = (ANSWERS[name] for name in ("project_slug", "package_name", "maturity_level", "ci_provider"))
LEVELS = "; ".join(f"{number} {title}" for number, title in enumerate(ANSWERS["_levels"]))
OWN = "is the name of a library, a tool or a folder that the project uses"
RULES = [  # (what must hold, the answer, why it is refused, one that would do)
    (re.fullmatch("[a-z][a-z0-9]*(-[a-z0-9]+)*", SLUG), "project_slug", "is not a-z, digits and hyphens", "my-model"),
    (len(SLUG) <= 60, "project_slug", "is longer than 60 characters", "my-model"),
    (SLUG.replace("-", "_") not in ANSWERS["_reserved"], "project_slug", OWN, "my-model"),
    (re.fullmatch("[a-z][a-z0-9_]*", PACKAGE), "package_name", "is not a-z, digits and underscores", "my_model"),
    (len(PACKAGE) <= 40, "package_name", "is longer than 40 characters", "my_model"),
    (not keyword.iskeyword(PACKAGE), "package_name", "is a keyword of Python", "my_model"),
    (PACKAGE not in sys.stdlib_module_names, "package_name", "is a module of Python itself", "my_model"),
    (PACKAGE not in ANSWERS["_reserved"], "package_name", OWN, "my_model"),
    (LEVEL in map(str, range(len(ANSWERS["_levels"]))), "maturity_level", f"is none of the levels {LEVELS}", "1"),
    (CI in ANSWERS["_ci_providers"], "ci_provider", f"is none of {', '.join(ANSWERS['_ci_providers'])}", "github"),
]
if wrong := [f"error: {name} {ANSWERS[name]!r} {why}\n  example: {good}" for ok, name, why, good in RULES if not ok]:
    sys.exit("\n".join(wrong))
