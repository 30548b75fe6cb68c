"""What the process and the page's session know of an engine: that of one library, or of several together."""

from typing import Literal, Protocol

from twinlens.rest.settings import Settings

State = Literal["new", "starting", "ready", "failed", "stopping"]


class Served(Protocol):
    """One or more libraries in this process, from warm-up to shutdown."""

    settings: Settings

    @property
    def state(self) -> State:
        """Ready when queries are answered."""

    @property
    def failure(self) -> Exception | None:
        """Why it could not start."""

    @property
    def known_photos(self) -> int:
        """Searchable photos when they were last counted."""

    @property
    def model_name(self) -> str | None:
        """The model that answers queries; None before one is opened, or if there are several."""

    @property
    def read_only(self) -> bool:
        """Whether nothing can be changed."""

    def stop_streams(self) -> None:
        """Ends long-running streams; called when the server is asked to stop."""

    async def warm_uploads(self) -> None:
        """Starts a decoder process, so that the first upload need not wait for it."""
