"""The queries of `joined.py`: lines of JSON -> predictions, the latest outcomes, both together, features."""

from __future__ import annotations

PREDICTIONS = """
CREATE TABLE predictions AS
SELECT
    item ->> '$.event_id' AS event_id,
    replace(item ->> '$.event_id', '-shadow', '') AS base,
    moment,
    request,
    item ->> '$.entity' AS entity,
    item ->> '$.deployment' AS deployment,
    item ->> '$.digest' AS digest,
    CAST(item ->> '$.shadow' AS BOOLEAN) AS shadow,
    CAST(item ->> '$.status' AS INTEGER) AS status,
    CAST(item ->> '$.latency_ms' AS DOUBLE) AS latency_ms,
    CASE
        WHEN json_type(item, '$.prediction') = 'NULL' THEN NULL
        WHEN json_exists(item, '$.probabilities') THEN
            json_object('prediction', item -> '$.prediction', 'probabilities', item -> '$.probabilities')
        ELSE item -> '$.prediction'
    END AS prediction,
    item ->> '$.assigned' AS assigned,
    CAST(item ->> '$.forced' AS BOOLEAN) AS forced
FROM (
    SELECT
        CAST(replace(line ->> '$.time', '+00:00', '') AS TIMESTAMP) AS moment,
        line ->> '$.xrequestid' AS request,
        unnest(CAST(line -> '$.data' AS JSON[])) AS item
    FROM outputs
)
WHERE moment >= $since AND moment < $until
QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY moment) = 1
"""
LATEST = """
CREATE TABLE latest AS
SELECT event_id, outcome
FROM (
    SELECT
        line ->> '$.event_id' AS event_id,
        line -> '$.value' AS outcome,
        CAST(replace(line ->> '$.time', '+00:00', '') AS TIMESTAMP) AS moment,
        CAST(replace(line ->> '$.arrived', '+00:00', '') AS TIMESTAMP) AS arrived,
        rowid AS number
    FROM told
)
QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY moment DESC, arrived DESC, number DESC) = 1
"""
QUERY = """
SELECT predictions.*, moment AS "at", CAST(outcome AS VARCHAR) AS outcome
FROM predictions LEFT JOIN latest ON predictions.base = latest.event_id
WHERE $forced OR NOT forced
ORDER BY moment, predictions.event_id
"""
FEATURES = """
SELECT
    item ->> '$.event_id' AS event_id,
    moment AS "at",
    deployment,
    contains(item ->> '$.event_id', '-shadow') AS shadow,
    CAST(item AS VARCHAR) AS features
FROM (
    SELECT
        CAST(replace(line ->> '$.time', '+00:00', '') AS TIMESTAMP) AS moment,
        replace(line ->> '$.source', 'deployments/', '') AS deployment,
        unnest(CAST(line -> '$.data' AS JSON[])) AS item
    FROM inputs
)
WHERE moment >= $since AND moment < $until
QUALIFY row_number() OVER (PARTITION BY event_id ORDER BY moment) = 1
ORDER BY moment, event_id
"""
