"""What the words of dates mean, in English, German, French, Spanish, Italian, Portuguese and Dutch."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from twinlens.collection.searching.dates_as_written.month_names import MONTHS, SHORT_MONTHS
from twinlens.collection.searching.dates_as_written.period import Yearly
from twinlens.words.spelled import fold, without_accents

SEASONS = {  # by their first month: the seasons of meteorologists in the north
    3: "spring/Frühling/Frühjahr/Fruehling/printemps/primavera/lente/voorjaar",
    6: "summer/Sommer/été/verano/estate/verão/zomer",
    9: "autumn/fall/Herbst/automne/otoño/autunno/outono/herfst/najaar",
    12: "winter/hiver/invierno/inverno",
}
FEASTS = {
    "christmas": (
        "christmas/christmas day/xmas/x mas/Weihnachten/Weihnacht/Noël/Navidad/Navidades/Natale/Natal/Kerst/Kerstmis"
    ),
    "christmas eve": "christmas eve/Heiligabend/Heilig Abend/Nochebuena/Kerstavond/vigilia di Natale",
    "new year": (
        "new year/new years/new year s/new years day/new year s day/Neujahr/nouvel an/año nuevo/Capodanno/ano novo/"
        "Nieuwjaar"
    ),
    "new year's eve": (
        "new years eve/new year s eve/new year eve/Silvester/Sylvester/Saint Sylvestre/Nochevieja/San Silvestro/"
        "réveillon/Oudejaarsavond/oud en nieuw"
    ),
    "easter": "easter/Ostern/Pâques/Pascua/Pasqua/Páscoa/Pasen",
    "halloween": "halloween",
    "valentine's day": (
        "valentines day/valentine s day/Valentinstag/Saint Valentin/San Valentín/San Valentino/Valentijnsdag"
    ),
}
UNITS = {
    "day": "day/days/Tag/Tage/Tagen/jour/jours/día/días/giorno/giorni/dia/dias/dag/dagen",
    "week": "week/weeks/Woche/Wochen/semaine/semaines/semana/semanas/settimana/settimane/weken",
    "weekend": "weekend/week end/Wochenende/fin de semana/fine settimana/fim de semana",
    "month": "month/months/Monat/Monate/Monaten/Monats/mois/mes/meses/mese/mesi/maand/maanden",
    "year": "year/years/Jahr/Jahre/Jahren/Jahres/an/ans/année/années/año/años/anno/anni/jaar/jaren",
}
WEEKDAYS = (
    "Monday/Montag/lundi/lunes/lunedì/segunda feira/maandag",
    "Tuesday/Dienstag/mardi/martes/martedì/terça feira/dinsdag",
    "Wednesday/Mittwoch/mercredi/miércoles/mercoledì/quarta feira/woensdag",
    "Thursday/Donnerstag/jeudi/jueves/giovedì/quinta feira/donderdag",
    "Friday/Freitag/vendredi/viernes/venerdì/sexta feira/vrijdag",
    "Saturday/Samstag/Sonnabend/samedi/sábado/sabato/zaterdag",
    "Sunday/Sonntag/dimanche/domingo/domenica/zondag",
)
LAST = (
    "last/past/previous/letzte/letzten/letzter/letztes/letztem/vergangene/vergangenen/vergangener/vergangenes/vorige/"
    "vorigen/voriger/voriges/dernier/dernière/derniers/dernières/passé/passée/pasado/pasada/pasados/pasadas/último/"
    "última/últimos/últimas/scorso/scorsa/scorsi/scorse/ultimo/ultima/ultimi/ultime/passato/passata/passado/passada/"
    "passados/passadas/vorig/afgelopen/laatste"
)
THIS = "this/diese/diesen/dieser/dieses/diesem/ce/cet/cette/este/esta/questo/questa/quest/neste/nesta/deze/dit/current"
AGO = "ago/vor/il y a/hace/fa/há/atrás/geleden"
DAYS = {
    0: "today/heute/aujourd hui/hoy/oggi/hoje/vandaag",
    -1: "yesterday/gestern/hier/ayer/ieri/ontem/gisteren",
    -2: "day before yesterday/vorgestern/avant hier/anteayer/l altro ieri/anteontem/eergisteren",
}
DECADES = {
    20: "twenties",
    30: "thirties",
    40: "forties",
    50: "fifties/fünfziger",
    60: "sixties/sechziger",
    70: "seventies/siebziger",
    80: "eighties/achtziger",
    90: "nineties/neunziger",
}
NUMBERS = (
    "a/an/one/ein/eine/einem/einer/einen/un/une/uno/una/um/uma/een",
    "two/zwei/deux/dos/due/dois/duas/twee",
    "three/drei/trois/tres/tre/três/drie",
    "four/vier/quatre/cuatro/quattro/quatro",
    "five/fünf/cinq/cinco/cinque/vijf",
    "six/sechs/seis/sei/zes",
    "seven/sieben/sept/siete/sette/sete/zeven",
    "eight/acht/huit/ocho/otto/oito",
    "nine/neun/neuf/nueve/nove/negen",
    "ten/zehn/dix/diez/dieci/dez/tien",
)
TO = "to/until/till/through/thru/and/bis/und/à/au/aux/jusqu/et/hasta/al/fino/e/até/tot/y/en/do/по/до/../.../…/-/–/—"
FILLERS = (
    "in/of/the/on/at/from/during/over/between/im/am/vom/von/aus/den/dem/der/die/das/des/an/zu/zwischen/de/du/le/la/les/"
    "l/d/en/dans/entre/el/los/las/del/nel/nell/nella/nello/negli/il/lo/gli/della/dell/dello/tra/di/em/no/na/nos/nas/o/"
    "os/as/da/das/dos/do/van/het/uit/op/tussen/s/w/we/v/ve/roku/roce/в/во/г/года/году/р/року/y/,/'/’/."
)
DECADE_UNITS = frozenset("annees anos anni jaren".split())
"""After which two digits are a decade: années 90."""


@cache
def meanings() -> Mapping[tuple[str, ...], tuple[str, Any]]:
    """Kind and value by the folded words of a term; the first meaning of a word counts."""
    known: dict[tuple[str, ...], tuple[str, Any]] = {}
    for forms, kind, value in _terms():
        for form in forms.split("/"):
            known.setdefault(tuple(plain(form).split()), (kind, value))
    return known


@cache
def ends_of_ranges() -> frozenset[str]:
    """What stands between the ends of a range."""
    return frozenset(map(plain, TO.split("/")))


def plain(word: str) -> str:
    """A word as in the tables: in small letters without accents."""
    return without_accents(fold(word))


def _terms() -> Iterator[tuple[str, str, Any]]:
    for names in MONTHS.values():
        for number, forms in enumerate(names.split(), start=1):
            yield forms, "month", Yearly("month", number)
    for number, forms in DAYS.items():
        yield forms, "day", number
    yield LAST, "last", None
    yield THIS, "this", None
    yield AGO, "ago", None
    for month, forms in SEASONS.items():
        yield forms, "occasion", Yearly("season", month)
    for name, forms in FEASTS.items():
        yield forms, "occasion", Yearly("feast", name=name)
    for unit, forms in UNITS.items():
        yield forms, "unit", unit
    for number, forms in enumerate(WEEKDAYS):
        yield forms, "weekday", number
    for number, forms in DECADES.items():
        yield forms, "decade", 1900 + number
    for number, forms in enumerate(SHORT_MONTHS, start=1):
        yield forms, "month", Yearly("month", number)
    for number, forms in enumerate(NUMBERS, start=1):
        yield forms, "number", number
    yield FILLERS, "filler", None
    yield TO, "to", None
