"""The way to the broker: Azure's own client, on the local broker's endpoint and key or on those of the environment.

Going to Azure changes an endpoint and a credential: `MLOPS_EVENTS_ENDPOINT`, with `MLOPS_EVENTS_KEY` or, without a key,
whoever is signed in (the `azure` extra).
"""

from __future__ import annotations

import ipaddress
import json
import os
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from azure.core.credentials import AzureKeyCredential
from azure.core.exceptions import AzureError, HttpResponseError
from azure.eventgrid import EventGridConsumerClient, EventGridPublisherClient

from ..errors import MlopsError
from ..workspace import Workspace

ENDPOINT, KEY = "MLOPS_EVENTS_ENDPOINT", "MLOPS_EVENTS_KEY"
TOPIC, SUBSCRIPTION = "MLOPS_EVENTS_TOPIC", "MLOPS_EVENTS_SUBSCRIPTION"
DEFAULT_TOPIC = "mlops"
KEPT = "nothing is lost: what waits in the outbox is sent later"
HINTS = {
    401: f"give the key of the namespace in {KEY}",
    403: "give the identity the role EventGrid Data Sender, and Receiver to consume",
    404: f"create the topic and the subscription, or name them in {TOPIC} and {SUBSCRIPTION}",
}


class BusError(MlopsError):
    """The broker cannot be reached, or does not let us in."""


@dataclass(frozen=True)
class Address:
    """Where events go and come from. Without a key it is the signed-in identity that is let in."""

    endpoint: str
    topic: str
    subscription: str
    key: str = field(default="", repr=False)

    @property
    def here(self) -> bool:
        """Is it this machine?"""
        return loopback(urlsplit(self.endpoint).hostname or "")


def loopback(host: str) -> bool:
    """Is `host` this machine only?"""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def names(place: Workspace) -> tuple[str, str]:
    """(topic, subscription) of a workspace: each workspace has a subscription, all of them one topic."""
    return os.environ.get(TOPIC) or DEFAULT_TOPIC, os.environ.get(SUBSCRIPTION) or place.name


def elsewhere(place: Workspace) -> Address | None:
    """The Event Grid that the environment names; None where it names none. Raises `BusError` for one not to be used."""
    endpoint = os.environ.get(ENDPOINT, "").strip().rstrip("/")
    if not endpoint:
        return None
    if "://" not in endpoint:
        endpoint = f"https://{endpoint}"
    address = Address(endpoint, *names(place), os.environ.get(KEY, ""))
    if not endpoint.startswith("https://") and not address.here:
        raise BusError(f"{ENDPOINT} is {endpoint}: anybody on the way could read the key", fix="begin it with https://")
    if address.here and not address.key:
        raise BusError(
            f"{ENDPOINT} is {endpoint}, which is this machine, and no {KEY} is set", fix=f"set {KEY}, or neither"
        )
    return address


def publisher(address: Address) -> EventGridPublisherClient:
    """The real client for sending; close it, or use it in a `with`."""
    options = {"namespace_topic": address.topic, "read_timeout": 60}
    return EventGridPublisherClient(address.endpoint, credential(address), **options, **settings(address))


def consumer(address: Address) -> EventGridConsumerClient:
    """The real client for receiving; close it, or use it in a `with`."""
    options = {"namespace_topic": address.topic, "subscription": address.subscription, "read_timeout": 150}
    return EventGridConsumerClient(address.endpoint, credential(address), **options, **settings(address))


def settings(address: Address) -> dict[str, Any]:
    """Patience with a broker; no proxy stands between this machine and itself."""
    patience = {"connection_timeout": 5, "retry_total": 2, "retry_backoff_factor": 0.2}
    return {**patience, "use_env_settings": not address.here}


def credential(address: Address) -> Any:
    """The key, or whoever is signed in. Raises `BusError` where neither can be had."""
    if address.key:
        return AzureKeyCredential(address.key)
    try:
        from azure.identity import DefaultAzureCredential
    except ImportError:
        fix = f"set {KEY}, or install the extra: `pip install '.[azure]'`"
        raise BusError(f"no {KEY} is set, and azure-identity is not installed", fix=fix) from None
    return DefaultAzureCredential()


def lost(error: AzureError) -> BusError:
    """What a client's error means for us."""
    if isinstance(error.__cause__, HttpResponseError):  # the client has put its own words about 404 around the answer
        error = error.__cause__
    status = getattr(error, "status_code", None)
    if status is None:
        return BusError(f"the broker does not answer: {said(error)}", fix=KEPT)
    return BusError(f"the broker refuses with {status}: {said(error)}", fix=HINTS.get(status, KEPT))


def said(error: AzureError) -> str:
    """The broker's own words, in a line; the client's where it said nothing."""
    response = getattr(error, "response", None)
    if isinstance(error, HttpResponseError) and response is not None:
        try:
            told = json.loads(response.text())["error"]
            return f"{told['code']}: {told['message']}"
        except (ValueError, KeyError, TypeError):
            pass
    return str(error).strip().partition("\n")[0][:300]
