"""Directions in Norwegian Bokmål: what is read, and the words of the canonical text.

`i.m.` and `s.c.` are read with both points: so Felleskatalogen and the Norwegian product texts write
them, while what ISMP warns of is a handwritten SC or SQ without points, which is refused here too.
"""

from dispensary.rules.directions import Interval, Ongoing, Site, TimeOfDay, Unit
from dispensary.rules.grammar.pieces import Either, Kind, Rule, Table, every, lasted, lasting, often
from dispensary.rules.grammar.words import ONE_DOSE, Words
from dispensary.rules.product import Route

_UNITS = {
    Unit.DAY: ("dag", "dager"),
    Unit.WEEK: ("uke", "uker"),
    Unit.MONTH: ("måned", "måneder"),
    Unit.YEAR: ("år", "år"),
    Unit.DOSE: ("dose", "doser"),
}
_PER = {Unit.DAY: "daglig", Unit.WEEK: "i uken", Unit.MONTH: "i måneden", Unit.YEAR: "i året"}
_ADVERBS = {Unit.DAY: "daglig", Unit.WEEK: "ukentlig", Unit.MONTH: "månedlig", Unit.YEAR: "årlig"}

WORDS = Words(
    decimal=",",
    mcg="mikrogram",
    routes={Route.IM: "i.m.", Route.SUBCUT: "subkutant"},
    each=_ADVERBS,
    times={unit: f"{{}} ganger {per}" for unit, per in _PER.items()},
    every={
        Unit.DAY: "hver {} dag",
        Unit.WEEK: "hver {} uke",
        Unit.MONTH: "hver {} måned",
        Unit.YEAR: "hvert {} år",
    },
    nth="{}.",
    nth_to_nth="{}. til {}.",
    lasting={unit: (f"i {{}} {one}", f"i {{}} {several}") for unit, (one, several) in _UNITS.items()}
    | {Unit.DOSE: ("i alt {} dose", "i alt {} doser")},
    up_to={unit: (f"i opptil {{}} {one}", f"i opptil {{}} {several}") for unit, (one, several) in _UNITS.items()}
    | {Unit.DOSE: ("opptil {} dose", "opptil {} doser")},
    to="{} til {}",
    until="til {}",
    for_life="livet ut",
    once="1 gang",
    as_needed="ved behov, høyst {}",
    then=", deretter ",
    day_times={TimeOfDay.MORNING: "om morgenen", TimeOfDay.EVENING: "om kvelden"},
    sites={Site.THIGH: "i låret", Site.UPPER_ARM: "i overarmen", Site.BUTTOCK: "i setet", Site.ABDOMEN: "i magen"},
    self_injected="settes selv",
)

_MONTHS = "jan(?:uar)?|feb(?:ruar)?|mars?|apr(?:il)?|mai|juni?|juli?|aug(?:ust)?|sept?(?:ember)?|okt(?:ober)?|\
nov(?:ember)?|des(?:ember)?"
_NUMBERS = {
    "en": 1,
    "én": 1,
    "ett": 1,
    "et": 1,
    "to": 2,
    "tre": 3,
    "fire": 4,
    "fem": 5,
    "seks": 6,
    "sju": 7,
    "syv": 7,
    "åtte": 8,
    "ni": 9,
    "ti": 10,
    "elleve": 11,
    "tolv": 12,
}
_ORDINALS = {
    "annen": 2,
    "annet": 2,
    "andre": 2,
    "tredje": 3,
    "fjerde": 4,
    "femte": 5,
    "sjette": 6,
    "sjuende": 7,
    "syvende": 7,
    "åttende": 8,
    "niende": 9,
    "tiende": 10,
    "ellevte": 11,
    "tolvte": 12,
    "fjortende": 14,
}
_VALUES: dict[str, int | Unit] = {
    **_NUMBERS,
    **_ORDINALS,
    **{word: unit for unit, words in _UNITS.items() for word in words},
    **{word: unit for unit, word in _ADVERBS.items()},
    "døgn": Unit.DAY,
    "døgnet": Unit.DAY,
    "dagen": Unit.DAY,
    "uka": Unit.WEEK,
    "uken": Unit.WEEK,
    "mnd": Unit.MONTH,
    "mnd.": Unit.MONTH,
    "måneden": Unit.MONTH,
    "året": Unit.YEAR,
    "injeksjon": Unit.DOSE,
    "injeksjoner": Unit.DOSE,
}
_MACROS = {
    "n": f"(<digits>|{'|'.join(_NUMBERS)})",
    "o": rf"([0-9]{{1,3}}\.?|{'|'.join(_ORDINALS)})",
    "to": "(?: ?[-–] ?| til | eller )",
    "u": r"(dag|døgn|uke|måned|mnd\.?|år)",
    "us": r"(dager|dag|døgn|uker|uke|måneder|måned|mnd\.?|år)",
    "the": r"(dagen|døgnet|uken|uka|måneden|mnd\.?|året)",
    "several": "(dager|uker|måneder)",
    "doses": "(doser?|injeksjon(?:er)?)",
    "adverb": f"({'|'.join(_ADVERBS.values())})",
    "times": "(?: ?ganger| gang| ?[x×])",
    "per": r"(?:(?:i|om) <the>|(?:per|pr\.?|/) ?<u>)",
    "upto": "(opptil|inntil|høyst|maks(?:imalt)?)",
    "maintenance": "vedlikehold(?:sdose)?",
    "mass": "(?:mcg|µg|μg|ug|mikrogram|mikrog|mg|milligram|g|gram)",
    "volume": "(?:ml|milliliter|µl|μl|ul|mikroliter)",
    # Thousands stand apart by a space.
    "number": "(?:[1-9][0-9]{0,2}(?: [0-9]{3}){1,2}(?:,[0-9]+)?|<some>)",
    "some": f"(?:<amount>|(?:{'|'.join(_NUMBERS)})(?= ))",
    "named": r"[0-9]{1,2}\.? ?<month> [0-9]{4}",
    "month": rf"(?:{_MONTHS})\.?",
}


def _times(times: int, the: Unit | None, unit: Unit | None, adverb: Unit | None) -> Interval:
    return often(times, the or unit or adverb or Unit.DAY)


def _every(least: int, most: int | None, unit: Unit | None, several: Unit | None) -> Interval:
    return every(least, most, unit or several or Unit.MONTH)


def _times_range(least: int, most: int, the: Unit | None, unit: Unit | None, adverb: Unit | None) -> Either:
    return Either(*(f"{times} ganger {_PER[the or unit or adverb or Unit.DAY]}" for times in (least, most)))


def _twice_or_every_two(adverb: Unit) -> Either:
    return Either(f"2 ganger {_PER[adverb]}", WORDS.every[adverb].format("2."))


def _times_or_doses(number: int, adverb: Unit) -> Either:
    times, doses = ("gang", "dose") if number == 1 else ("ganger", "doser")
    return Either(f"{number} {times} {_PER[adverb]}", f"{_ADVERBS[adverb]} i alt {number} {doses}")


def _amounts(one: object, its_unit: str | None, other: object, unit: str) -> Either:
    return Either(f"{one} {its_unit or unit}", f"{other} {unit}")


def _once_or_in_all(the: Unit | None, unit: Unit | None) -> Either:
    per = _PER[the or unit or Unit.WEEK]
    return Either(f"{{dose}} 1 gang {per}", f"{{dose}} til sammen {per}")


_DOSES: tuple[Rule, ...] = (
    (Kind.EITHER, r"(<some>)(?: ?(<mass>))?<to>(<some>) ?(<mass>)", _amounts),
    (Kind.EITHER, r"(<some>)(?: ?(<volume>))?<to>(<some>) ?(<volume>)", _amounts),
    (Kind.DOSE, r"(<number>) ?(<mass>)", None),
    (Kind.VOLUME, r"(<number>) ?(<volume>)", None),
    (Kind.COUNTED, r"<number> ?(i\.?e\.?|e|enhet(?:er)?|amp(?:uller?)?\.?|hetteglass)", None),
)
_ROUTES: tuple[Rule, ...] = (
    (
        Kind.ROUTE,
        r"(?:dypt )?(?:i\.?m\.?|intramuskulær(?:t|e)?)(?: injeksjon(?:er)?)?|i (?:en )?muskel(?:en)?",
        Route.IM,
    ),
    (Kind.ROUTE, r"(?:dypt )?(?:s\.c\.?|sub[kc]utan(?:t|e)?|subcut)(?: injeksjon(?:er)?)?|under huden", Route.SUBCUT),
    (Kind.VEIN, r"i\.?v\.?|intravenøs(?:t|e)?|i (?:en )?(?:vene|blodåre)", None),
    (Kind.MISREAD, r"sc\.?|s\.?q\.?|sub[ -]?q", "subkutant"),
)
_INTERVALS: tuple[Rule, ...] = (
    (
        Kind.INTERVAL,
        r"(?:daglig|hver dag)(?: eller| til) (?:annen ?hver|hver (?:2\.?|annen|andre)) dag",
        Interval(Unit.DAY, 1, 2),
    ),
    (Kind.EITHER, r"<n><to><n><times>(?: ?<per>| <adverb>)", _times_range),
    (Kind.EITHER, r"bi-?<adverb>", _twice_or_every_two),
    (Kind.EITHER, r"[x×] ?<n> <adverb>", _times_or_doses),
    (Kind.INTERVAL, r"[x×] ?<n> ?<per>", lambda n, the, unit: often(n, the or unit)),
    (Kind.INTERVAL, r"<n><times>(?: ?<per>| <adverb>)", _times),
    (Kind.INTERVAL, r"(?:<once> )?hvert? <o>(?:<to>(?:hvert? )?<o>)? ?<u>", every),
    (Kind.INTERVAL, r"(?:<once> )?hver <n>(?:<to><n>)? <several>", every),
    (Kind.INTERVAL, r"<once> (?:per|pr\.?) <o>(?:<to><o>)? ?(?:<u>|<several>)", _every),
    (Kind.INTERVAL, r"<n> (?:dager|doser?|injeksjon(?:er)?) <per>", lambda n, the, unit: often(n, the or unit)),
    (Kind.INTERVAL, r"(?:<once> )?ann(?:en|et|a) ?hvert? <u>", lambda unit: every(2, None, unit)),
    (Kind.INTERVAL, r"(?:<once> )?hvert? <u>|<adverb>", lambda unit, adverb: often(1, unit or adverb)),
    (
        Kind.INTERVAL,
        r"om dagen|i døgnet|(?:per|pr\.?|/) ?(?:dag|døgn)|(?:<once> )?hver(?= (?:morgen|kveld))",
        Interval(Unit.DAY, 1, 1),
    ),
    (Kind.INTERVAL, r"kvartalsvis|(?:<once> )?(?:hvert kvartal|i kvartalet)", Interval(Unit.MONTH, 3, 3)),
    (Kind.INTERVAL, r"halvårlig|(?:<once> )?hvert halvår", Interval(Unit.MONTH, 6, 6)),
    (Kind.PER, r"<per>", _once_or_in_all),
)
_DURATIONS: tuple[Rule, ...] = (
    (Kind.LASTING, r"i (?:de første )?(?:<upto> )?<n>(?:<to><n>)? <us>", lasting),
    (Kind.LASTING, r"<upto> <n>(?:<to><n>)? <us>(?! (?:i|om|per|pr) | ?/)", lasting),
    (Kind.LASTING, r"(?:i )?<upto> <n>(?:<to><n>)? <doses>(?! (?:i|om|per|pr) | ?/)", lasting),
    (Kind.LASTING, r"(?:i alt|i|totalt|til sammen) <n>(?:<to><n>)? <doses>", lasted),
    (Kind.LASTING, r"<n>(?:<to><n>)? <doses> (?:i alt|totalt|til sammen)", lasted),
    (
        Kind.LASTING,
        r"[x×] ?<n>(?:<to><n>)? (?:<doses>|<us>)",
        lambda least, most, dose, unit: lasted(least, most, dose or unit),
    ),
    (Kind.NUMBER, r"i (?:<upto> )?<n>(?:<to><n>)?", lasting),
    (Kind.REPEATS, r"[x×] ?<n>(?:<to><n>)?", lasted),
    (Kind.BARE, r"<n>(?:<to><n>)? <us>(?! (?:i|om|per|pr) | ?/)", lasted),
    (Kind.ONCE, r"(?:kun |bare )?<once>|(?:som )?(?:engangsdose|enkeltdose)", ONE_DOSE),
    (Kind.UNTIL, r"(?:til(?: og med)?|t\.?o\.?m\.?|inntil) <date>", None),
    (Kind.LASTING, r"livet ut|(?:på )?livslangt?|på livstid|resten av livet", Ongoing.LIFE),
)
_REST: tuple[Rule, ...] = (
    (Kind.AS_NEEDED, r"(?:kun |bare )?(?:ved|etter) behov|v/behov", None),
    (Kind.AT_MOST, r"høyst|maks(?:imalt|imum|\.)?|max\.?|inntil|opptil|ikke (?:mer|oftere) enn", None),
    (Kind.TIME, r"(?:om |på )?morgen(?:en)?", TimeOfDay.MORNING),
    (Kind.TIME, r"(?:om |på )?kveld(?:en)?", TimeOfDay.EVENING),
    (Kind.SITE, r"(?:i|på) (?:utsiden av )?lår(?:et)?", Site.THIGH),
    (Kind.SITE, r"(?:i|på) (?:overarm(?:en)?|deltamuskelen|deltoideus)", Site.UPPER_ARM),
    (Kind.SITE, r"i (?:sete(?:t|muskelen|musklene|ballen)?|rumpa|rumpen)", Site.BUTTOCK),
    (Kind.SITE, r"(?:i|på) (?:mage(?:n)?|buken)", Site.ABDOMEN),
    (Kind.SELF, r"selvinjeksjon(?:er)?|selvinjiser(?:t|es)|selvadministrert", None),
    (
        Kind.SELF,
        r"(?:pasienten )?(?:settes|setter|injiseres|injiserer|tas)(?: (?:den|dem|sprøytene?|injeksjonen))? selv",
        None,
    ),
    (Kind.STOP, r"(?:og )?(?:(?:så|deretter) )?(?:stopp|slutt|seponer(?:es)?)", None),
    (Kind.THEREAFTER, r"(?:og )?(?:deretter|etter det)(?: <maintenance>)?", None),
    (Kind.THEN, r"(?:og )?(?:så|etterfulgt av)(?: <maintenance>)?", None),
    (Kind.THEN, "<maintenance>", Kind.THEN),
    (Kind.JOIN, r"eller|og|til", None),
    (Kind.FILLER, r"injiser(?:es)?|gis?|settes?|sett", None),
    (Kind.WEEKDAY, r"(?:(?:hver|på) )?(?:man|tirs|ons|tors|fre|lør|søn)dag(?:er|en)?", None),
    (Kind.PURPOSE, r"(?:for|mot) [a-zæøå]+", None),
)

TABLE = Table(
    words=WORDS,
    decimals=",.",
    doubtful=r"[1-9][0-9]{0,2}[.,][0-9]{3}",
    points_in_dates=True,
    repeats_in_a_day=True,
    values=_VALUES,
    macros=_MACROS | {"once": "(?:1|en|én) gang"},
    rules=(*_DOSES, *_ROUTES, *_INTERVALS, *_DURATIONS, *_REST),
)
