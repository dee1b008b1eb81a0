"""`azure/events.yml`: what of a workspace's own events Event Grid pushes to the webhook (the `azure` extra)."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from azure.core.exceptions import AzureError, DeserializationError, SerializationError

from . import bus, schemas, webhook
from .bus import BusError

FILE = Path("azure", "events.yml")
KIND = "Microsoft.MachineLearningServices.Workspaces"
WORKSPACE = re.compile(
    r"/subscriptions/(?P<subscription>[^/]+)/resourceGroups/(?P<group>[^/]+)/"
    r"providers/Microsoft\.MachineLearningServices/workspaces/[^/]+",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Target:
    """Whose events go where: the workspace's resource id and region, the webhook's address and key."""

    workspace: str
    location: str
    webhook: str
    key: str

    def part(self, name: str) -> str:
        """The `subscription` or the resource `group` of the workspace. Raises `BusError` for an id that is none."""
        found = WORKSPACE.fullmatch(self.workspace)
        if found is None:
            fix = "give what `az ml workspace show --query id` prints"
            raise BusError(f"{self.workspace!r} is no resource id of a workspace", fix=fix)
        return found[name]


def load(path: Path) -> tuple[str, dict[str, dict[str, Any]]]:
    """(topic's name, subscription -> its properties). Raises `BusError` for what Azure's library or we do not know."""
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        topic, rows = raw["topic"], {str(row["name"]): dict(row["properties"]) for row in raw["subscriptions"]}
        name, kind = str(topic["name"]), topic["topicType"]
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError) as error:
        raise BusError(f"{path} cannot be read: {error!r:.200}", fix="it needs topic and subscriptions") from None
    if kind != KIND:
        raise BusError(f"{path}: topicType is {kind!r}", fix=f"write {KIND}")
    for subscription, properties in rows.items():
        check(f"{path}: {subscription}", properties)
    return name, rows


def check(where: str, properties: dict[str, Any]) -> None:
    """Raises `BusError` where Azure's library would leave a key out, or a type is none that is handled here."""
    kept = known(where, properties)
    for left in gone(properties, kept):
        raise BusError(f"{where}: Azure does not know {left}", fix="see the reference of Event Grid's subscriptions")
    if properties.get("eventDeliverySchema") not in ("CloudEventSchemaV1_0", "EventGridSchema"):
        wrong = f"{where}: eventDeliverySchema is {properties.get('eventDeliverySchema')!r}"
        raise BusError(wrong, fix="write CloudEventSchemaV1_0")
    types = properties.get("filter", {}).get("includedEventTypes") or []
    strange = [kind for kind in types if kind not in schemas.TYPES or not kind.startswith(schemas.AZURE)]
    if strange or not types:
        azure = ", ".join(kind for kind in schemas.TYPES if kind.startswith(schemas.AZURE))
        raise BusError(f"{where}: includedEventTypes has {strange or 'none'}", fix=f"name some of {azure}")


def known(where: str, properties: dict[str, Any]) -> dict[str, Any]:
    """What Azure's own model keeps of the properties. Raises `BusError` where it cannot read them."""
    try:
        read = subscription_of(properties)
        return dict(read.serialize()["properties"])
    except (DeserializationError, SerializationError) as error:
        raise BusError(f"{where}: {str(error)[:200]}", fix="see the reference of Event Grid's subscriptions") from None


def subscription_of(properties: dict[str, Any]) -> Any:
    """The properties as Azure's own model."""
    from azure.mgmt.eventgrid.models import EventSubscription

    return EventSubscription.deserialize({"properties": copy.deepcopy(properties)})


def gone(given: Any, kept: Any, path: str = "") -> list[str]:
    """The keys of `given` that are not in `kept` with their value."""
    if not isinstance(given, dict) or not isinstance(kept, dict):
        return [] if given == kept else [f"{path} = {given!r}"]
    return [left for key, value in given.items() for left in gone(value, kept.get(key), f"{path}.{key}".strip("."))]


def bodies(rows: dict[str, dict[str, Any]], target: Target) -> dict[str, Any]:
    """The subscriptions as they are asked for: to the webhook's address, with its key as a secret header."""
    if not target.webhook.startswith("https://"):
        raise BusError(
            f"Event Grid does not push to {target.webhook!r}", fix="give an address that begins with https://"
        )
    if not target.key:
        raise BusError(f"{webhook.KEY} is not set, so anybody could push", fix=f"set {webhook.KEY}, there and here")
    found = copy.deepcopy(rows)
    secret = {"name": webhook.HEADER, "type": "Static", "properties": {"value": target.key, "isSecret": True}}
    for properties in found.values():
        to = properties["destination"].setdefault("properties", {})
        to |= {"endpointUrl": target.webhook, "deliveryAttributeMappings": [secret]}
    return {name: subscription_of(properties) for name, properties in found.items()}


def apply(client: Any, path: Path, target: Target) -> list[str]:
    """Make the topic and its subscriptions what the file says; again changes nothing. Gives what there is then.

    Raises `BusError` for what the file, the target or Azure do not allow.
    """
    name, rows = load(path)
    wanted = bodies(rows, target)
    try:
        return put(client, name, wanted, target)
    except AzureError as error:
        fix = f"the webhook has to run, with this {webhook.KEY}, and you need the role EventGrid Contributor"
        raise BusError(f"Azure refuses: {bus.said(error)}", fix=fix) from error


def put(client: Any, name: str, wanted: dict[str, Any], target: Target) -> list[str]:
    """The calls of `apply`. A workspace has one system topic, so the one that is there is used."""
    from azure.mgmt.eventgrid.models import SystemTopic

    group = target.part("group")
    for there in client.system_topics.list_by_resource_group(group):
        if str(there.source).lower() == target.workspace.lower():
            name = there.name
    topic = SystemTopic(location=target.location, source=target.workspace, topic_type=KIND)
    client.system_topics.begin_create_or_update(group, name, topic).result()
    for subscription, body in wanted.items():
        pushed = client.system_topic_event_subscriptions
        pushed.begin_create_or_update(group, name, subscription, body).result()
    return [f"topic {name}", *(f"subscription {it} -> {target.webhook}" for it in wanted)]


def client_of(target: Target) -> Any:
    """The real client, for whoever is signed in. Raises `BusError` where the extra is not installed."""
    try:
        from azure.identity import DefaultAzureCredential
        from azure.mgmt.eventgrid import EventGridManagementClient
    except ImportError:
        raise BusError("azure-mgmt-eventgrid is not installed", fix="`pip install '.[azure]'`") from None
    return EventGridManagementClient(DefaultAzureCredential(), target.part("subscription"))
