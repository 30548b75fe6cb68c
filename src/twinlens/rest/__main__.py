"""python -m twinlens.rest: prints the OpenAPI document of a server with default limits."""

import json
import sys

from twinlens.rest.app import calls
from twinlens.rest.settings import Settings

if __name__ == "__main__":
    sys.stdout.write(json.dumps(calls(Settings()).openapi(), indent=1, ensure_ascii=False) + "\n")
