"""The city that the sample's taxis drive in: zones, weather, traffic and a day's trips, all from a seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def hourly(morning: str, evening: str) -> Floats:
    """A figure for each hour of the day."""
    return np.array([*morning.split(), *evening.split()], dtype=np.float64)


START = datetime(2025, 1, 6)  # a Monday
BOROUGHS = {"Centre": 14.0, "Harbour": 20.0, "Northside": 24.0, "Riverbank": 22.0, "Westfield": 28.0}  # km/h when empty
ZONES_EACH = 8
AIRPORT = 4 * ZONES_EACH - 1  # the last zone of Riverbank
SLOWED = (2, 3, 9, 10, 17)  # zones with roadworks
SLOW_BY = 2.2
RUSH = hourly("0.2 0.15 0.1 0.1 0.15 0.3 0.7 1.3 1.5 1.1 0.9 0.9", "1.0 1.0 1.0 1.1 1.3 1.6 1.6 1.3 1.1 0.9 0.7 0.4")
NIGHTS = hourly("0.9 0.8 0.7 0.5 0.3 0.2 0.2 0.3 0.5 0.8 1.0 1.1", "1.2 1.2 1.2 1.2 1.2 1.2 1.3 1.3 1.3 1.3 1.3 1.2")
WEEK = np.array([0.95, 0.97, 1.0, 1.03, 1.15, 1.05, 0.85])  # trips by weekday
LATEST_LABEL, LATEST_ROW = timedelta(hours=2), timedelta(days=2)
ROADS_LONGER = 1.35  # a road against the straight line
TRAFFIC_MEMORY, TRAFFIC_STEP = 0.95, 0.06  # of an hour's traffic in the next one; of what is new


@dataclass(frozen=True)
class City:
    """A world that is wholly determined by these four; `weeks` from `START` on hold `rows` trips."""

    rows: int
    seed: int
    weeks: int = 8
    roadworks_week: int | None = None

    @property
    def end(self) -> datetime:
        return START + timedelta(weeks=self.weeks)

    @property
    def days(self) -> int:
        return self.weeks * 7

    def random(self, *stream: int) -> np.random.Generator:
        """A generator of its own for each stream, so that no part of the world depends on which was made first."""
        return np.random.default_rng([self.seed, *stream])

    @cached_property
    def zones(self) -> pd.DataFrame:
        """zone_id (from 1), name, borough, x_km, y_km, is_airport."""
        random = self.random(1)
        boroughs = np.repeat(list(BOROUGHS), ZONES_EACH)
        names = [f"{borough} {number % ZONES_EACH + 1}" for number, borough in enumerate(boroughs)]
        around = np.repeat([(0.0, 0.0), (6.0, -3.0), (1.0, 8.0), (-4.0, -7.0), (-9.0, 2.0)], ZONES_EACH, axis=0)
        places = np.round(around + random.normal(0.0, 1.6, around.shape), 3)
        places[AIRPORT], names[AIRPORT] = (-12.0, -14.0), "Airport"
        ids = np.arange(1, len(names) + 1)
        airport = (ids - 1 == AIRPORT).astype(int)
        columns = {"zone_id": ids, "name": names, "borough": boroughs, "x_km": places[:, 0], "y_km": places[:, 1]}
        return pd.DataFrame({**columns, "is_airport": airport})

    @cached_property
    def weather(self) -> pd.DataFrame:
        """hour, temperature_c, rain_mm as they were measured: about one hour in fifty was not, or only half."""
        random, hours = self.random(2), np.arange(self.days * 24)
        daily = 4.0 * np.sin((hours % 24 - 9) / 24 * 2 * np.pi)
        temperature = 8.0 + 4.0 * np.sin(hours / (24 * 90)) + daily + wandering(random, len(hours), 0.97, 0.6)
        wet = wandering(random, len(hours), 0.9, 0.4) > 0.9
        rain = np.where(wet, random.gamma(1.2, 1.5, len(hours)), 0.0)
        out = pd.DataFrame({"hour": START + pd.to_timedelta(hours, unit="h")})
        out["temperature_c"] = np.where(random.random(len(hours)) < 0.02, np.nan, np.round(temperature, 1))
        out["rain_mm"] = np.where(random.random(len(hours)) < 0.02, np.nan, np.round(rain, 1))
        return out[random.random(len(hours)) >= 0.01].reset_index(drop=True)

    @cached_property
    def traffic(self) -> Floats:
        """How many times slower than usual each zone is in each hour: (hours, zones). Nobody measures it directly."""
        random, hours, zones = self.random(3), self.days * 24, len(self.zones)
        own = np.column_stack([wandering(random, hours, TRAFFIC_MEMORY, TRAFFIC_STEP) for _ in range(zones)])
        slower = np.exp(own)
        if self.roadworks_week is not None:
            slower[(self.roadworks_week - 1) * 7 * 24 :, list(SLOWED)] *= SLOW_BY
        return slower

    @cached_property
    def first_ids(self) -> Ints:
        """The trip number that each day starts from; one more than `days` entries, the last is `rows`."""
        share = np.cumsum(WEEK[np.arange(self.days) % 7])
        return np.concatenate([[0], np.floor(share / share[-1] * self.rows + 1e-9).astype(np.int64)])

    def trips(self, day: int) -> pd.DataFrame:
        """A day's trips in the order of their pickup, with the two times at which the database gets to know of them."""
        first, last = int(self.first_ids[day]), int(self.first_ids[day + 1])
        count, random = last - first, self.random(4, day)
        hour, second = self.pickups(day, count, random)
        start, stop = self.ends(count, random)
        at = day * 24 + hour
        distance = self.distance(start, stop, random)
        minutes = self.minutes(at, start, stop, distance, random)
        pickup = np.datetime64(START, "s") + (at * 3600 + second).astype("timedelta64[s]")
        written = pickup + delay(random, count, 0.01, LATEST_ROW)
        finished = pickup + np.ceil(minutes * 60).astype("timedelta64[s]")
        noted = finished + np.minimum(random.exponential(300.0, count), 1500.0).astype("timedelta64[s]")
        return pd.DataFrame(
            {
                "trip_id": np.arange(first + 1, last + 1),
                "pickup_at": pickup,
                "pickup_zone_id": start + 1,
                "dropoff_zone_id": stop + 1,
                "distance_km": distance,
                "passengers": 1 + random.choice(6, count, p=[0.68, 0.17, 0.06, 0.05, 0.03, 0.01]),
                "duration_minutes": minutes,
                "written_at": written,
                "labelled_at": np.maximum(written, noted),
            }
        )

    def pickups(self, day: int, count: int, random: np.random.Generator) -> tuple[Ints, Ints]:
        """Hour and second within it of `count` pickups, in order."""
        shape = RUSH if day % 7 < 5 else NIGHTS
        hour = random.choice(24, count, p=shape / shape.sum())
        seconds = np.sort(hour * 3600 + random.integers(0, 3600, count))
        return seconds // 3600, seconds % 3600

    def ends(self, count: int, random: np.random.Generator) -> tuple[Ints, Ints]:
        """Pickup and dropoff zones; the centre and the airport are busiest."""
        weight = np.ones(len(self.zones))
        weight[:ZONES_EACH], weight[AIRPORT] = 2.5, 4.0
        start, stop = random.choice(len(weight), (2, count), p=weight / weight.sum())
        return start, stop

    def distance(self, start: Ints, stop: Ints, random: np.random.Generator) -> Floats:
        """Kilometres by road."""
        place = self.zones[["x_km", "y_km"]].to_numpy()
        straight = np.hypot(*(place[start] - place[stop]).T)
        return np.asarray(np.round(ROADS_LONGER * straight + random.gamma(2.0, 0.6, len(start)), 2))

    def minutes(self, at: Ints, start: Ints, stop: Ints, distance: Floats, random: np.random.Generator) -> Floats:
        """Minutes on the way: the speed of both ends, the hour, their traffic and the rain, and what nobody knows."""
        speed = np.repeat(list(BOROUGHS.values()), ZONES_EACH)
        rush = np.where((at // 24) % 7 < 5, RUSH[at % 24], NIGHTS[at % 24])
        rain = self.weather.set_index("hour")["rain_mm"].reindex(START + pd.to_timedelta(at, unit="h")).fillna(0.0)
        slower = (0.75 + 0.3 * rush) * np.sqrt(self.traffic[at, start] * self.traffic[at, stop])
        slower *= 1.0 + 0.05 * np.minimum(rain.to_numpy(), 5.0)
        driving = distance / ((speed[start] + speed[stop]) / 2 + 0.8 * distance) * 60 * slower
        waiting = 1.5 + 4.0 * ((start == AIRPORT) | (stop == AIRPORT))
        luck = np.exp(random.normal(0.0, 0.1, len(at)))
        return np.asarray(np.round(np.clip((driving + waiting) * luck, 1.0, 95.0), 2))


def wandering(random: np.random.Generator, count: int, memory: float, step: float) -> Floats:
    """A series that forgets slowly: each value is `memory` times the last, and something new."""
    new, out = random.normal(0.0, step, count), np.empty(count)
    last = 0.0
    for at in range(count):
        last = memory * last + new[at]
        out[at] = last
    return out


def delay(random: np.random.Generator, count: int, share: float, longest: timedelta) -> npt.NDArray[np.timedelta64]:
    """Zero for most; for a `share` of them anything up to `longest`."""
    seconds = random.integers(1, int(longest.total_seconds()), count)
    return np.where(random.random(count) < share, seconds, 0).astype("timedelta64[s]")
