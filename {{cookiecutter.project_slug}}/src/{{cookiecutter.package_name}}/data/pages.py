"""Pages for people: the Data Docs of a verdict, as one file that fetches nothing."""

from __future__ import annotations

import re
from typing import Any

FOREIGN = re.compile(
    r"<script[^>]*\bsrc=[^>]*>\s*</script>|<link[^>]*\bhref=[^>]*>|<img[^>]*>|<script\b[^>]*>.*?</script>", re.S
)
STYLE = """<style>
:root { color-scheme: light dark; font: 15px/1.45 system-ui, sans-serif }
body { max-width: 75rem; margin: 1.5rem auto; padding: 0 1rem }
table { border-collapse: collapse; margin: .5rem 0 }
td, th { border: 1px solid #8884; padding: .25rem .6rem; text-align: left; vertical-align: top }
.navbar-expand-md, .sticky > .card, .modal, footer, button, [data-toggle="collapse"] { display: none }
.badge { border-radius: .3rem; padding: 0 .4rem; background: #8883 }
.text-danger { color: #c62828 }
.fa-times::before { content: "\\2717" }
.text-success { color: #2e7d32 }
.fa-check-circle::before { content: "\\2713" }
</style></head>"""


def data_docs(result: Any) -> str:
    """A validation result as Great Expectations renders it, without the scripts and styles of other sites.

    The page holds rows of the user's data, so it must not load code from anywhere, and it has to work offline.
    """
    from great_expectations.core.run_identifier import RunIdentifier
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer
    from great_expectations.render.view.view import DefaultJinjaPageView

    for one in result.results:
        one.result.pop("unexpected_index_query", None)  # the place of every bad row; they are in rows.parquet
    result.meta["run_id"] = RunIdentifier(run_name=result.suite_name)
    view: Any = DefaultJinjaPageView()
    page: str = view.render(ValidationResultsPageRenderer().render(result))
    return FOREIGN.sub("", page).replace("</head>", STYLE, 1)
