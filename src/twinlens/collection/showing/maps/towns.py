"""Names of towns on a map: as many as can be read, the largest first."""

from dataclasses import dataclass

import numpy as np

from twinlens.collection.showing.maps.world import View, x_of, y_of

FIRST_ZOOM = 4  # before, countries are named
MOST_TOWNS = 40
MOST_TRIED = 400
LETTER_PX, LINE_PX, SPACE_PX = 7.0, 18.0, 24.0


@dataclass(frozen=True, slots=True)
class MapTown:
    """A town with its name on the map; its position in degrees."""

    name: str
    latitude: float
    longitude: float


def towns_of(view: View) -> list[MapTown]:
    """The largest towns of a view whose names do not cover each other."""
    if view.zoom < FIRST_ZOOM:
        return []
    from twinlens.data.places.gazetteer import largest_towns  # takes 0.2 s, which ``--help`` need not wait for

    towns = largest_towns(view.area, most=MOST_TRIED)
    x, y = (np.array([of(getattr(town, name)) for town in towns]) for of, name in _AXES)
    halves = np.array([SPACE_PX + LETTER_PX * len(town.name) / 2 for town in towns])
    written: list[int] = []
    for row in range(len(towns)):
        turn = np.abs(x[written] - x[row])
        across = np.minimum(turn, 1 - turn) / view.pixel
        down = np.abs(y[written] - y[row]) / view.pixel
        if not ((across < halves[written] + halves[row]) & (down < LINE_PX)).any():
            written.append(row)
        if len(written) == MOST_TOWNS:
            break
    return [MapTown(towns[row].name, towns[row].latitude, towns[row].longitude) for row in written]


_AXES = ((x_of, "longitude"), (y_of, "latitude"))
