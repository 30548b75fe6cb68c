"""Which fields and phrases of a query without words a photo was found by."""

from collections.abc import Iterator, Sequence

from twinlens.collection.catalog.catalog import Catalog
from twinlens.collection.catalog.condition import Condition, all_of, one_of
from twinlens.collection.searching.fields import Field
from twinlens.collection.searching.filtering import known_filters
from twinlens.collection.searching.query.where import All, AnyOf, Phrase, Where
from twinlens.collection.searching.ranking.alternatives import Part
from twinlens.collection.searching.scope import Scope
from twinlens.collection.texts.derived_texts import DerivedTexts
from twinlens.types import Ids


class FieldsFound:
    """What the alternatives without words of a query find, told photo by photo.

    Args:
        catalog: of the photos.
        texts: what is written about them.
        scope: the library as filters see it.
    """

    def __init__(self, catalog: Catalog, texts: DerivedTexts, scope: Scope) -> None:
        self._catalog, self._texts, self._scope = catalog, texts, scope

    def of(self, parts: Sequence[Part], photos: Ids) -> dict[int, tuple[str, ...]]:
        """By photo, where its fields and phrases were found: names of ``FIELDS``; those of which none tells are absent.

        Args:
            parts: the alternatives; those with words are found by what they mean.
            photos: ids of some of the candidates.
        """
        found: dict[int, dict[str, None]] = {}
        for part in parts:
            if part.query.terms:
                continue
            for name, ids in self._told(part.query.where, part.candidates.among(photos)):
                for one in ids.tolist():
                    found.setdefault(one, {})[name] = None
        return {one: tuple(names) for one, names in found.items()}

    def _told(self, where: Where, photos: Ids) -> Iterator[tuple[str, Ids]]:
        """Each name with its photos, of some that all satisfy ``where``; what must not be tells nothing."""
        if not len(photos):
            return
        match where:
            case All(parts):
                for part in parts:
                    yield from self._told(part, photos)
            case AnyOf(parts):
                for part in parts:
                    yield from self._told(part, self._passing(photos, part.condition(self._scope)))
            case Phrase(text):
                yield from self._texts.fields_holding(text, photos)
            case Field(name, value, is_without=False) if sources := known_filters()[name].sources:
                several = sources(value, self._scope)
                for told, condition in several.items():
                    yield told, photos if len(several) == 1 else self._passing(photos, condition)

    def _passing(self, photos: Ids, condition: Condition) -> Ids:
        return self._catalog.select_ids(all_of([one_of(photos), condition]))
