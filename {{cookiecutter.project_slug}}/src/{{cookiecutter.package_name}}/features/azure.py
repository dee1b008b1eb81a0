"""The same definitions for Azure's managed feature store: entity, feature set, its specification and transformation."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from .featureset import ENTITY, TIME, WHOLE, FeatureError, FeatureSet, slug

SCHEMAS = "http://azureml/sdk-2-0"
NOWHERE = "abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/landed/*/*.parquet"
CLOUD = re.compile(r"(abfss?|wasbs?|azureml)://\S+")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
SPARK = {
    "spark.driver.cores": 4,
    "spark.driver.memory": "36g",
    "spark.executor.cores": 4,
    "spark.executor.instances": 2,
    "spark.executor.memory": "36g",
}
CODE = '''"""Feature set {name}, version {version}: written by `mlops features export` from features/definitions.py."""

from pyspark.sql import functions

SQL = """
{sql}
"""
COLUMNS = {columns!r}
ENTITY = {entity!r}


class Transformation:
    """The rows of the source -> the values. The text above is the one that DuckDB runs."""

    def transform(self, df):
        values = [named(column).alias(name) for name, column in COLUMNS.items()]
        time = named({timestamp!r}).cast("timestamp")
        df.select(entity(df).alias({ENTITY!r}), time.alias({TIME!r}), *values).createOrReplaceTempView("source")
        found = df.sparkSession.sql(SQL)
        return found.withColumnRenamed({ENTITY!r}, {index!r}).withColumnRenamed({TIME!r}, {timestamp!r})


def named(column):
    """A column, whatever it is called."""
    return functions.col("`" + column.replace("`", "``") + "`")


def entity(df):
    """The entity as the text by which it is known everywhere: whole numbers without a point, truth as 1 and 0."""
    if ENTITY is None:
        return functions.lit({whole!r})
    kind, found = dict(df.dtypes)[ENTITY], named(ENTITY)
    if kind == "boolean":
        return found.cast("int").cast("string")
    if kind in ("double", "float"):
        whole = found.cast("decimal(38,0)").cast("string")
        return functions.when(found == functions.floor(found), whole).otherwise(found.cast("string"))
    return found.cast("string")
'''


def export(sets: tuple[FeatureSet, ...], out: Path, source: str = NOWHERE) -> list[Path]:
    """Write a folder for each set; gives the files. `source` is the cloud path of the landed Parquet files."""
    written = []
    for name, text in files(sets, source):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8", newline="\n")
        written.append(out / name)
    return written


def check(sets: tuple[FeatureSet, ...], out: Path, source: str = NOWHERE) -> None:
    """Raises `FeatureError` where a file is missing in `out`, or is not as it would be written."""
    fix = f"write them again: `mlops features export --out {out.as_posix()}`"
    for name, text in files(sets, source):
        path = out / name
        if not path.is_file():
            raise FeatureError(f"{path} does not exist", fix=fix)
        if path.read_text(encoding="utf-8") != text:
            raise FeatureError(f"{path} is not what features/definitions.py and project.toml say", fix=fix)


def files(sets: tuple[FeatureSet, ...], source: str) -> Iterator[tuple[str, str]]:
    """Name and text of each file. Raises `FeatureError` where `source` is no cloud path."""
    if not CLOUD.fullmatch(source):
        raise FeatureError(f"--source is {source!r}, which is no path of a cloud store", fix=f"write it as {NOWHERE}")
    for found in sets:
        folder = f"{found.name}/{found.version}"
        yield f"{folder}/entity.yml", text(entity(found))
        yield f"{folder}/featureset.yml", text(feature_set(found))
        yield f"{folder}/spec/FeatureSetSpec.yaml", text(specification(found, source))
        yield f"{folder}/spec/transformation_code/{found.name}.py", transformation(found)


def text(content: dict[str, Any]) -> str:
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120))


def entity(found: FeatureSet) -> dict[str, Any]:
    """What the values are values of. Azure knows no set without an entity: the whole table is the one of its kind."""
    return {
        "$schema": f"{SCHEMAS}/FeatureStoreEntity.json",
        "name": slug(found.index),
        "version": "1",
        "description": f"Rows of one {found.entity}" if found.entity else "All rows",
        "index_columns": [index(found)],
    }


def index(found: FeatureSet) -> dict[str, str]:
    return {"name": found.index, "type": "string"}


def feature_set(found: FeatureSet) -> dict[str, Any]:
    """The asset; it is materialised offline and online, once for each of its shortest windows."""
    hours = max(min(it.window for it in found.features) // HOUR, 1)
    return {
        "$schema": f"{SCHEMAS}/Featureset.json",
        "name": found.name,
        "version": found.version,
        "description": found.description,
        "specification": {"path": "./spec"},
        "entities": [f"azureml:{slug(found.index)}:1"],
        "stage": "Development",
        "tags": {"definition": found.digest},
        "materialization_settings": {
            "offline_enabled": True,
            "online_enabled": True,
            "schedule": {"type": "recurrence", "frequency": "hour", "interval": hours},
            "resource": {"instance_type": "standard_e8s_v3"},
            "spark_configuration": SPARK,
        },
    }


def specification(found: FeatureSet, source: str) -> dict[str, Any]:
    """The specification. Azure counts in minutes: ours are rounded up, and no delay becomes one minute."""
    return {
        "$schema": f"{SCHEMAS}/FeatureSetSpec.json",
        "source": {
            "type": "parquet",
            "path": source,
            "timestamp_column": {"name": found.timestamp},
            "source_delay": length(found.delay),
        },
        "feature_transformation": {
            "transformation_code": {
                "path": "./transformation_code",
                "transformer_class": f"{found.name}.Transformation",
            }
        },
        "features": [
            {"name": it.name, "type": "double", "description": it.description or it.name} for it in found.features
        ],
        "index_columns": [index(found)],
        "source_lookback": length(found.longest),
        "temporal_join_lookback": length(found.ttl),
    }


def length(time: timedelta) -> dict[str, int]:
    """A length of time in Azure's parts, rounded up to whole minutes."""
    minutes = math.ceil(time / MINUTE)
    return {"days": minutes // 1440, "hours": minutes // 60 % 24, "minutes": minutes % 60}


def transformation(found: FeatureSet) -> str:
    """The Python file that Spark runs."""
    return CODE.format(
        name=found.name,
        version=found.version,
        sql=found.sql.replace("\\", "\\\\").replace('"', '\\"'),
        columns=found.source,
        entity=found.entity,
        index=found.index,
        timestamp=found.timestamp,
        whole=WHOLE,
        ENTITY=ENTITY,
        TIME=TIME,
    )
