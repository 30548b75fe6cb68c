"""The methods that a path takes: for ``OPTIONS``, and for ``Allow`` where a request used another one."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match

from twinlens.rest.failures import RequestFailure
from twinlens.rest.gate.head import has_head
from twinlens.rest.pages.kept_file import KeptFiles


def answer_method(request: Request) -> Response:
    """The answer to a method that no route of this path takes."""
    allowed = ", ".join(_methods_of(request))
    if request.method == "OPTIONS":
        return Response(status_code=204, headers={"Allow": allowed})
    return RequestFailure(
        "method_not_allowed",
        f"{request.method[:20]} is not possible here",
        f"use {allowed}; /docs lists the calls",
        {"Allow": allowed},
    ).response()


def _methods_of(request: Request) -> list[str]:
    """All methods of a path; Starlette's own ``Allow`` has only those of its first route."""
    is_file = isinstance(request.scope.get("endpoint"), KeptFiles)
    methods = ["GET"] if is_file else [one for one in ("GET", "POST", "DELETE") if _takes(request, one)]
    if "GET" in methods and has_head(request.scope):
        methods.insert(1, "HEAD")
    return [*methods, "OPTIONS"]


def _takes(request: Request, method: str) -> bool:
    probe = {**request.scope, "method": method}
    return any(route.matches(probe)[0] is Match.FULL for route in request.app.router.routes)
