"""What all requests of a server share at its gate, also those for different libraries."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

from twinlens.rest.gate.audit import AuditLog
from twinlens.rest.gate.keys.key_source import KeySource
from twinlens.rest.gate.keys.sessions import Sessions, sessions_in
from twinlens.rest.gate.keys.wrong_keys import WrongKeys
from twinlens.rest.gate.limits.requests import RequestLimits
from twinlens.rest.settings import Settings


@dataclass(frozen=True, slots=True)
class Entrance:
    """Keys, sessions and counts of requests.

    Attributes:
        keys: None if no key is required.
        sessions: of the page; None if no key is required.
        wrong_keys: refuses them.
        requests: counts them.
        audit: notes what was asked and changed; None = nobody wants to know.
    """

    keys: KeySource | None
    sessions: Sessions | None
    wrong_keys: WrongKeys
    requests: RequestLimits
    audit: AuditLog | None = None

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """As the settings want it.

        Raises:
            ConfigError: a file with keys cannot be read or is not valid, the audit log cannot be written, or requests
                cannot be counted where they should be.
        """
        keys = KeySource(settings) if settings.needs_key else None
        sessions = sessions_in(settings.sessions_folder) if settings.needs_key else None
        audit = AuditLog(Path(settings.audit_log)) if settings.audit_log else None
        return cls(keys, sessions, WrongKeys(), RequestLimits.of(settings), audit)
