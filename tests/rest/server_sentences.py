"""The sentences that the server says to people, read from its source: those that the page must have in each language.

A sentence has {1}, {2} … where the source puts values in; clauses between semicolons are sentences of their own, and
so is a number with its noun, "{n} photos". It is one of

- a message of an error that a request of the page can have (``RequestFailure``, and our errors in ROOMS),
- a note, a reason or a condition in words: what the functions in SAYING return, and the filters' notes and phrases,
- the line that describes a model: that which comes along, a published one, or one made by an import.
"""

import ast
import inspect
import json
import re
from calendar import month_name
from collections.abc import Iterator
from importlib import import_module
from itertools import product
from pathlib import Path

import twinlens
from twinlens import errors
from twinlens.api.filters import known_filters
from twinlens.collection.searching.filtering import Filter
from twinlens.collection.searching.filters.has import KNOWN
from twinlens.counted import counted
from twinlens.errors import without_commands
from twinlens.model.hub.published import published

SOURCE = Path(twinlens.__file__).parent
ROOMS = (
    "collection/searching",
    "collection/curating",
    "collection/catalog/curated",
    "collection/teaching",
    "collection/sharing",
    "data/images.py",
    "data/region.py",
    "data/guarded",
    "data/decoding",
)
"""Whose errors a request of the page can have."""
ONLY_PROGRAMS = (
    "collection/searching/caption_list.py",
    "collection/searching/query/pictures.py",
    "collection/searching/ranking/judging.py",
    "collection/searching/search.py",
    "collection/searching/searcher.py",
    "data/region.py",
    "rest/calls/content_type.py",
    "rest/calls/finding/forms.py",
    "rest/calls/methods.py",
    "rest/calls/photos.py",
    "rest/gate/keys/tokens.py",
)
"""Whose errors tell that a call is not made as the page makes it, or that the server was not set up as it should be."""
OF_PROGRAMS = frozenset(
    {
        "a person is named by up to {1} letters on one line, got {2}",
        "a query is text, a path, a picture (PIL.Image) or a Query, got {1}",
        "at most {1} allowed per call, got {2}",
        "check the encoding of the terminal",
        "exactly one of query and image_id is expected",
        "exactly one picture is expected, got {1}{2}",
        "for several queries, search several times",
        "leave out one of them",
        "{1} must be a folder, got {2}",
        "{1} must be text, got {2}",
        "{1} must be true or false, got {2}",
        "split them into several calls",
        "the name of {1} must be text, got {2}",
        "the queries of one call may have at most {1} parts in total, got {2}",
        "the request body is compressed",
        "the request has both Content-Length and Transfer-Encoding",
        "the request has no picture",
        "the request has nothing to leave photos out of",
        "top_k must be at most {1}, got {2}",
        "{n} queries are",
        "{n} query is",
    }
)
"""The same among the errors of other modules."""
SAYING = (
    ("collection/indexing/scanning/missing.py", "_doubt"),
    ("collection/searching/answer.py", "why_ungraded"),
    ("collection/searching/dates_as_written/finding.py", "why_no_date"),
    ("collection/searching/explanation.py", "grade_reason"),
    ("collection/searching/fields.py", "phrase"),
    ("collection/searching/notes.py", "contradiction"),
    ("collection/searching/query/parse.py", "_note"),
    ("collection/searching/query/where.py", "phrase"),
    ("collection/teaching/lesson.py", "told"),
    ("collection/teaching/opinions.py", "told"),
    ("rest/calls/finding/searching.py", "_refusal"),
)
"""Functions whose texts are said as they are."""
JOINED = frozenset({"any photo", "“{1}”", "{1}, {2}", "{1} or {2}", "{1}; {2}", "{1}; or {2}", "without {1}"})
"""Parts of queries and clauses, which are joined in loops."""
INSIDE = frozenset(
    {
        *("an album", "a tag", "minute", "day", "the collection", "a photo folder of the library"),
        *("picture {1}", "the photo {1}", *KNOWN, *month_name[1:]),
    }
)
"""What is put into other sentences."""
HIDDEN_HINT = re.compile(r"\b(GET|POST|DELETE) |/docs|\bimage_ids?\b|--[a-z]|twinlens [a-z]|Content-|min_grade")
"""Hints that are about calls: advice.js leaves them out."""
_ERRORS = frozenset(name for name, one in vars(errors).items() if inspect.isclass(one)) | {
    "NoSuchDate",
    "AmbiguousDate",
}
_OF_MACHINE = frozenset(
    {"BundleError", "ConfigError", "DataError", "DecoderError", "ShareEndedError"}
)  # answered as "cannot be used now"
_VALUE = "\0"
_TAILS = {"did_you_mean": ("", f"; did you mean {_VALUE}?")}
_COUNTED: set[str] = set()  # numbers with their nouns, as they are met
_CODE = re.compile(r"[a-z]+(_[a-z]+)+")
_LETTERS = re.compile(r"[^\W\d_]{2}")


def sentences() -> set[str]:
    """All of them."""
    found = {said for path, name in SAYING for said in returned_by(path, name) if not HIDDEN_HINT.search(said)}
    found |= {str(errors.ShareEndedError(why)) for why in ("expired", "revoked", "gone")}
    for one in known_filters().values():
        found |= set(phrases_of(one))
        if one.note is not None:
            found |= returns(ast.parse(inspect.getsource(one.note)), one.note.__name__, ast.Module([], []))
    for place in ("rest", *ROOMS):
        for path in files_of(place):
            found |= messages(path)
    found |= descriptions()
    clauses = {_named(clause) for one in found | _COUNTED for clause in one.split("; ")}
    said = {numbered(one) for one in clauses if _LETTERS.search(one) and not _CODE.fullmatch(one)}
    assert said >= OF_PROGRAMS, f"said no longer: {sorted(OF_PROGRAMS - said)}"
    return (said - OF_PROGRAMS) | JOINED | INSIDE


def descriptions() -> set[str]:
    """What models that nobody trained here are described by."""
    own = json.loads((SOURCE / "model/default/model.json").read_text(encoding="utf-8"))["description"]
    found = {own, *(one.description for one in published().values())}
    for path in ("model/hub/make_bundle.py", "training/importing/import_checkpoint.py"):
        tree = ast.parse((SOURCE / path).read_text(encoding="utf-8"))
        for fields in (node for node in ast.walk(tree) if isinstance(node, ast.Dict)):
            for key, value in zip(fields.keys, fields.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "description":
                    found |= set(texts_of(value, tree, tree))
    return found


def _named(clause: str) -> str:
    """What is wrong with a filter's value is said after the filter's name."""
    return f"{_VALUE} {clause}" if clause.startswith(("must ", "needs ", "may be ")) else clause


def numbered(sentence: str) -> str:
    """A sentence with its values numbered."""
    pieces = sentence.split(_VALUE)
    return pieces[0] + "".join(f"{{{place}}}{piece}" for place, piece in enumerate(pieces[1:], 1))


def files_of(place: str) -> Iterator[Path]:
    """The modules of a room, without those that speak to programs alone."""
    path = SOURCE / place
    found = [path] if path.suffix else sorted(path.rglob("*.py"))
    return (one for one in found if one.relative_to(SOURCE).as_posix() not in ONLY_PROGRAMS)


def messages(path: Path) -> set[str]:
    """The messages of the errors that a module raises or makes, and the hints that the page shows."""
    found: set[str] = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    known = {"RequestFailure"} if path.is_relative_to(SOURCE / "rest") else _ERRORS - _OF_MACHINE
    for function, call in calls_in(tree, tree):
        if known == {"RequestFailure"}:  # what ends a run is told as an event
            words = [one.value for one in call.keywords if one.arg == "message" and isinstance(one.value, ast.Constant)]
            found |= {said for word in words for said in texts_of(word, function, tree)}
        if not isinstance(call.func, ast.Name) or call.func.id not in known or not call.args:
            continue
        if call.func.id == "RequestFailure":
            _code, message, *hints = call.args
            hidden = [said for hint in hints[:1] for said in texts_of(hint, function, tree)]
            found |= {one for one in hidden if not HIDDEN_HINT.search(one)}
        else:
            message = call.args[0]
        found |= {without_commands(said) for said in texts_of(message, function, tree)}
    return found


def calls_in(place: ast.AST, function: ast.AST) -> Iterator[tuple[ast.AST, ast.Call]]:
    """All calls, with the function that each stands in."""
    for node in ast.iter_child_nodes(place):
        if isinstance(node, ast.Call):
            yield function, node
        yield from calls_in(node, node if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else function)


def returned_by(path: str, name: str) -> set[str]:
    """What functions of a name return, in a module of the package."""
    tree = ast.parse((SOURCE / path).read_text(encoding="utf-8"))
    found = returns(tree, name, tree)
    assert found, f"{path} has no function {name} that returns texts"
    return found


def returns(tree: ast.AST, name: str, module: ast.Module) -> set[str]:
    """What functions of a name return, and the texts that they put into lists."""
    found: set[str] = set()
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef) and function.name == name:
            for node in ast.walk(function):
                if isinstance(node, ast.Return) and node.value is not None:
                    parts = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
                    found |= {said for part in parts for said in texts_of(part, function, module)}
                elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "append":
                    found |= set(texts_of(node.args[0], function, module))
                elif isinstance(node, ast.ListComp):
                    found |= set(texts_of(node.elt, function, module))
    return found


def phrases_of(one: Filter) -> Iterator[str]:
    """The phrase of a filter; one that is nothing but its value is each of its choices."""
    yield from one.choices if one.phrase == "{}" else [one.phrase.replace("{}", _VALUE)]


def texts_of(node: ast.AST, function: ast.AST, module: ast.Module) -> list[str]:
    """All texts that an expression can be, with a mark where a value stands."""

    def of(one: ast.AST) -> list[str]:
        return texts_of(one, function, module)

    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            return ["".join(parts) for parts in product(*map(of, values))]
        case ast.FormattedValue(value=value, format_spec=None):
            return of(value)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return [f"{one}{other}" for one in of(left) for other in of(right)]
        case ast.IfExp(body=body, orelse=other):
            return [*of(body), *of(other)]
        case ast.Name(id=name):
            known = assigned(name, function) or assigned(name, module)
            return list(dict.fromkeys(said for value in known for said in of(value))) or [imported(name, module)]
        case ast.Call(func=ast.Name(id="counted"), args=[_, *nouns]) if all(isinstance(n, ast.Constant) for n in nouns):
            one, *several = [str(noun.value) for noun in nouns if isinstance(noun, ast.Constant)]
            _COUNTED.update((f"{{n}} {one}", f"{{n}} {several[0] if several else plural(one)}"))
            return [_VALUE]
        case ast.Call(func=ast.Name(id=name)) if name in _TAILS:
            return list(_TAILS[name])
    return [_VALUE]


def assigned(name: str, place: ast.AST) -> list[ast.AST]:
    """What a name is set to, where that is a text."""
    nodes = place.body if isinstance(place, ast.Module) else ast.walk(place)
    return [
        node.value
        for node in nodes
        if isinstance(node, ast.Assign)
        and any(isinstance(one, ast.Name) and one.id == name for one in node.targets)
        and isinstance(node.value, ast.Constant | ast.JoinedStr | ast.IfExp | ast.BinOp)
    ]


def imported(name: str, module: ast.Module) -> str:
    """A text of another module of the package; the mark of a value where it is none."""
    for node in module.body:
        if isinstance(node, ast.ImportFrom) and node.module and name in {one.name for one in node.names}:
            found = getattr(import_module(node.module), name, None)
            return found if isinstance(found, str) else _VALUE
    return _VALUE


def plural(noun: str) -> str:
    """As ``counted`` makes it."""
    return counted(2, noun).split(" ", 1)[1]
