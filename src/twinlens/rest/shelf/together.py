"""The engines of several libraries, as the process sees one."""

from collections.abc import Sequence

from twinlens.rest.engine.engine import Engine
from twinlens.rest.engine.served import State
from twinlens.rest.settings import Settings

# that of all is the first of these that one of them has
_BY_WEIGHT: tuple[State, ...] = ("failed", "stopping", "new", "starting", "ready")


class Together:
    """Engines that start and stop together.

    Args:
        engines: at least one.
        settings: of the server.
    """

    def __init__(self, engines: Sequence[Engine], settings: Settings) -> None:
        self._engines, self.settings = engines, settings

    @property
    def state(self) -> State:
        """Ready when all are."""
        states = {engine.state for engine in self._engines}
        return next(state for state in _BY_WEIGHT if state in states)

    @property
    def failure(self) -> Exception | None:
        """The first one's that failed."""
        return next((engine.failure for engine in self._engines if engine.failure is not None), None)

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
        for engine in self._engines:
            engine.stop_streams()

    async def warm_uploads(self) -> None:
        """Starts a decoder process for uploads to the first library; the others start theirs when they are asked."""
        await self._engines[0].warm_uploads()
