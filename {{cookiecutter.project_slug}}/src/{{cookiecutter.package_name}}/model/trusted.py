"""Which types a model file may hold. skops builds no other; this list was read type by type, so extend it likewise.

To add one: read what the type's constructor and `__setstate__` do, and check that neither calls code named by the file.
"""

from __future__ import annotations

import skops.io

from ..errors import ModelError
from .project import Estimator

TRUSTED: dict[Estimator, tuple[str, ...]] = {
    "hist-gradient-boosting": (
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",  # arrays of nodes, no code
        "functools.partial",  # of check_array, in the estimator's own input check; its function must be trusted itself
        "sklearn.utils.validation.check_array",  # looks at an array, calls nothing from the file
    ),
    "random-forest": ("sklearn.tree._tree.Tree",),  # arrays of nodes, no code
    "linear": ("numpy.dtype",),  # the name of a number format, in the one-hot encoder
}


def foreign(data: bytes, estimator: Estimator) -> list[str]:
    """The types in a model file's bytes that neither skops nor this list trusts, by name."""
    return sorted(set(skops.io.get_untrusted_types(data=data)) - set(TRUSTED[estimator]))


def loads(data: bytes, estimator: Estimator, name: str) -> object:
    """The object in a model file's bytes. Raises `ModelError` naming every type that is not trusted."""
    unknown = foreign(data, estimator)
    if unknown:
        fix = "do not load it; if you made it yourself, review these types and add them to model/trusted.py"
        raise ModelError(f"{name} holds types that are not trusted for {estimator}: {', '.join(unknown)}", fix=fix)
    return skops.io.loads(data, trusted=list(TRUSTED[estimator]))
