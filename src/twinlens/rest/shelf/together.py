"""Several libraries, as the process sees one."""

from collections.abc import Sequence

from twinlens.rest.engine.engine import Engine
from twinlens.rest.engine.served import State
from twinlens.rest.settings import Settings
from twinlens.rest.shelf.slot import Slot

# that of all is the first of these that one of them has
_BY_WEIGHT: tuple[State, ...] = ("failed", "stopping", "new", "starting", "ready")


class Together:
    """Libraries that start and stop together; those that are away hold up none of the others.

    Args:
        slots: at least one.
        settings: of the server.
    """

    def __init__(self, slots: Sequence[Slot], settings: Settings) -> None:
        self._slots, self.settings = slots, settings
        self._is_stopping = self._was_ready = False

    @property
    def state(self) -> State:
        """Ready once all libraries are that can be opened at the start, until the server stops."""
        if self._is_stopping:
            return "stopping"
        if self._was_ready:
            return "ready"
        states = {slot.state for slot in self._slots}
        state: State = next((state for state in _BY_WEIGHT if state in states), "failed")
        self._was_ready = state == "ready"
        return state

    @property
    def failure(self) -> Exception | None:
        """Why the server cannot start: the fault of a library, or that all of them are away."""
        if self._was_ready:
            return None
        failed = [slot.failure for slot in self._slots if slot.state == "failed"]
        away = [slot.failure for slot in self._slots if slot.state == "away"]
        if not failed and len(away) < len(self._slots):
            return None
        return (failed or away)[0]

    @property
    def known_photos(self) -> int:
        """Searchable photos of all libraries."""
        return sum(engine.known_photos for engine in self._engines)

    @property
    def model_name(self) -> str | None:
        """The model, if all libraries have the same."""
        names = {engine.model_name for engine in self._engines}
        return names.pop() if len(names) == 1 else None

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed in any library."""
        return all(engine.read_only for engine in self._engines)

    def stop_streams(self) -> None:
        """Ends long-running streams of all libraries."""
        self._is_stopping = True
        for engine in self._engines:
            engine.stop_streams()

    async def warm_uploads(self) -> None:
        """Starts a decoder process for uploads to the first library; the others start theirs when they are asked."""
        for engine in self._engines[:1]:
            await engine.warm_uploads()

    @property
    def _engines(self) -> list[Engine]:
        return [engine for slot in self._slots if (engine := slot.engine) is not None]
