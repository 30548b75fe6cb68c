"""Download a picture from a URL given by the user."""

import http.client
import urllib.error
import urllib.parse
import urllib.request

from twinlens.errors import PhotoError

TIMEOUT_S = 15.0
MAX_BYTES = 64 * 1024 * 1024


def is_url(text: str) -> bool:
    """Whether the text is an http or https URL."""
    return text.lower().startswith(("http://", "https://")) and not any(letter.isspace() for letter in text)


def fetch_photo_bytes(url: str) -> bytes:
    """Downloads a URL; the only place where a search uses the network.

    Raises:
        PhotoError: the server does not respond in time, returns an error, or sends too much.
    """
    address = urllib.parse.quote(url, safe="%/:=&?~#+!$,;'@()*[]")
    try:
        request = urllib.request.Request(address, headers={"User-Agent": "twinlens"})
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
            data: bytes = response.read(MAX_BYTES + 1)
    except urllib.error.HTTPError as error:
        error.close()
        raise PhotoError(f"the server answered {error.code}") from error
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise PhotoError(f"download failed: {getattr(error, 'reason', error)}") from error
    if len(data) > MAX_BYTES:
        raise PhotoError(f"more than {MAX_BYTES // 2**20} MB")
    return data
