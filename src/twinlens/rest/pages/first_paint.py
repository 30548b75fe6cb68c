"""What a page needs for its first paint is written into it: style sheets, and the scripts that run before it.

Each would be a request that the first paint waits for. The files stay as they are; a policy with their hashes allows
what was written in, and no other code.
"""

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable

_STYLES = re.compile(r'(?:<link rel="stylesheet" href="static/[^"]+">\n)+')
_SHEET = re.compile(r'href="static/([^"]+)"')
_SCRIPT = re.compile(r'<script src="(static/([^"]+))"></script>')
_WRITTEN = re.compile(r"<(style|script)(?: data-from=[^>]*)?>(.*?)</\1>", re.DOTALL)


def with_first_paint(page: str, read: Callable[[str], str]) -> str:
    """A page with its style sheets and plain scripts written into it; modules stay files.

    Args:
        page: HTML that names its files as ``static/…``.
        read: the text of one of them, by its path in that folder.
    """

    def styles(match: re.Match[str]) -> str:
        sheets = "".join(read(name) for name in _SHEET.findall(match[0]))
        return f"<style>\n{sheets}</style>\n"

    def script(match: re.Match[str]) -> str:
        return f'<script data-from="{match[1]}">\n{read(match[2])}</script>'  # a script may load what lies beside it

    return _SCRIPT.sub(script, _STYLES.sub(styles, page))


def policy_of(page: str, policy: str) -> str:
    """A Content-Security-Policy that allows the styles and scripts written into a page besides those of files."""
    for kind in ("style", "script"):
        texts = [text for tag, text in _WRITTEN.findall(page) if tag == kind]
        hashes = "".join(f" 'sha256-{b64encode(hashlib.sha256(one.encode()).digest()).decode()}'" for one in texts)
        policy = policy.replace(f"{kind}-src 'self'", f"{kind}-src 'self'{hashes}")
    return policy
