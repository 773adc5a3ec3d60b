"""Directions in English: what is read."""

from dispensary.rules.directions import Duration, Interval, Ongoing, Site, TimeOfDay, Unit
from dispensary.rules.grammar.pieces import Either, Kind, Rule, Table, every, lasted, lasting, often
from dispensary.rules.grammar.words import ENGLISH, ONE_DOSE
from dispensary.rules.product import Route

_NUMBERS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_ORDINALS = [
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
]
_MONTHS = "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|\
nov(?:ember)?|dec(?:ember)?"
_ADVERBS = {"daily": Unit.DAY, "weekly": Unit.WEEK, "monthly": Unit.MONTH, "yearly": Unit.YEAR, "annually": Unit.YEAR}
_VALUES: dict[str, int | Unit] = {
    **{word: number for number, word in enumerate(_NUMBERS, 1)},
    **{word: number for number, word in enumerate(_ORDINALS, 2)},
    "other": 2,
    "once": 1,
    "twice": 2,
    "thrice": 3,
    **{unit.value: unit for unit in Unit},
    **_ADVERBS,
    "injection": Unit.DOSE,
}
_MACROS = {
    "n": f"(<digits>|{'|'.join(_NUMBERS)})",
    "o": f"([0-9]{{1,3}}(?:st|nd|rd|th)|other|{'|'.join(_ORDINALS)})",
    "to": "(?: ?[-–] ?| to | or )",
    "u": "(day|week|month|year)",
    "d": "(day|week|month|year|dose|injection)",
    "adverb": f"({'|'.join(_ADVERBS)})",
    "times": "(?: times?| ?[x×])",
    "per": "(?: (?:a|per|each|every|in a) | ?/ ?)",
    "into": "(?:in|into) (?:(?:a|the|either) )?",
    "maintenance": "(?:a )?maintenance(?: dose)?(?: of)?",
    "mass": "(?:mcg|µg|μg|ug|micrograms?|mg|milligrams?|g|grams?)",
    "volume": "(?:ml|millilit(?:er|re)s?|µl|μl|ul|microlit(?:er|re)s?)",
    "some": f"(?:<amount>|(?:{'|'.join(_NUMBERS)})(?= ))",
    "named": r"[0-9]{1,2}(?:st|nd|rd|th)? (?:of )?<month> [0-9]{4}|<month> [0-9]{1,2}(?:st|nd|rd|th)?,? [0-9]{4}",
    "weekday": "(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:days?)?",
    "month": rf"(?:{_MONTHS})\.?",
}


def _times(once: int | None, times: int | None, unit: Unit | None, adverb: Unit | None) -> Interval:
    return often(once or times or 0, unit or adverb or Unit.DAY)


def _times_range(least: int, most: int, unit: Unit | None, adverb: Unit | None) -> Either:
    return Either(*(_often(times, unit or adverb) for times in (least, most)))


def _once_or_twice(least: int, twice: int | None, times: int, unit: Unit | None, adverb: Unit | None) -> Either:
    return _times_range(least, twice or times, unit, adverb)


def _times_or_every(least: int, most: int | None, unit: Unit) -> Either:
    span = f"{least} to {most}" if most else f"{least}"
    return Either(_often(span, unit), f"every {span} {unit}s")


def _often(times: object, unit: Unit | None) -> str:
    return f"once a {unit}" if times in (1, "1") else f"{times} times a {unit}"


def _twice_or_every_two(unit: Unit) -> Either:
    return _times_or_every(2, None, unit)


def _times_or_doses(number: int, unit: Unit) -> Either:
    doses = "dose" if number == 1 else "doses"
    return Either(_often(number, unit), f"{ENGLISH.each[unit]} for {number} {doses}")


def _amounts(one: object, its_unit: str | None, other: object, unit: str) -> Either:
    return Either(f"{one} {its_unit or unit}", f"{other} {unit}")


def _once_or_in_all(unit: Unit) -> Either:
    return Either(f"{{dose}} once a {unit}", f"{{dose}} in all over the {unit}")


_DOSES: tuple[Rule, ...] = (
    (Kind.EITHER, r"(<some>)(?: ?(<mass>))?<to>(<some>) ?(<mass>)", _amounts),
    (Kind.EITHER, r"(<some>)(?: ?(<volume>))?<to>(<some>) ?(<volume>)", _amounts),
    (Kind.DOSE, r"(<some>) ?(<mass>)", None),
    (Kind.VOLUME, r"(<some>) ?(<volume>)", None),
    (Kind.COUNTED, r"<some> ?(i\.?u\.?|u|(?:international )?units?|amp(?:oule)?s?|vials?)", None),
)
_ROUTES: tuple[Rule, ...] = (
    (
        Kind.ROUTE,
        r"(?:by )?(?:deep )?(?:i\.?m\.?|intramuscular(?:ly)?)(?: injections?)?|into (?:a|the) muscle",
        Route.IM,
    ),
    (Kind.ROUTE, r"(?:by )?(?:deep )?subcut(?:aneous(?:ly)?)?(?: injections?)?|under the skin", Route.SUBCUT),
    (Kind.VEIN, r"(?:by )?(?:i\.?v\.?|intravenous(?:ly)?)|into (?:a|the) vein", None),
    (Kind.MISREAD, r"s\.?c\.?|s\.?q\.?|sub[ -]?q", "subcut"),
)
# Abbreviations of ISMP's list of error-prone abbreviations, and those built like them (q3d, tiw).
_ABBREVIATIONS: tuple[Rule, ...] = (
    (Kind.MISREAD, r"q\.?d\.?|q1d|o\.?d\.?", "daily"),
    (Kind.MISREAD, r"q\.?o\.?d\.?|e\.?o\.?d\.?|q2d", "every other day"),
    (Kind.MISREAD, r"q\.? ?(?:w|wk|week)\.?", "weekly"),
    (Kind.MISREAD, r"q\.? ?(?:m|mo|month)\.?", "monthly"),
    (Kind.MISREAD, r"q ?[0-9]+(?:-[0-9]+)? ?(?:d|w|wk|m|mo|day|week|month)s?", "it in words, such as every 3 days"),
    (Kind.MISREAD, r"b\.?i\.?w\.?", "2 times a week"),
    (Kind.MISREAD, r"t\.?i\.?w\.?", "3 times a week"),
    (Kind.MISREAD, r"[x×] ?[0-9]+ ?[dwm]", "it in words, such as for 7 days"),
)
_INTERVALS: tuple[Rule, ...] = (
    (
        Kind.INTERVAL,
        r"(?:daily|every day)(?: or| to) (?:on )?(?:alternate days|every (?:other|second|2nd) day)",
        Interval(Unit.DAY, 1, 2),
    ),
    (Kind.EITHER, r"<n><to><n><times>(?:<per><u>| <adverb>)", _times_range),
    (Kind.EITHER, r"(once|twice)<to>(?:(twice|thrice)|<n><times>)(?:<per><u>| <adverb>)", _once_or_twice),
    (Kind.EITHER, r"every <n>(?:<to><n>)?<times><per><u>", _times_or_every),
    (Kind.EITHER, r"<n>[ -](weekly|monthly|yearly|annually)", lambda n, unit: _times_or_every(n, None, unit)),
    (Kind.EITHER, r"bi[ -]?<adverb>", _twice_or_every_two),
    (Kind.EITHER, r"[x×] ?<n> <adverb>", _times_or_doses),
    (Kind.INTERVAL, r"[x×] ?<n>(?: (?:a|per) | ?/ ?)<u>", often),
    (Kind.INTERVAL, r"(?:(once|twice|thrice)|<n><times>)(?:<per><u>| <adverb>)", _times),
    (Kind.INTERVAL, r"<n> (?:days|doses?|injections?)(?: (?:a|per) | ?/ ?)<u>", often),
    (Kind.INTERVAL, r"(?:(?:once )?every|once per) <n>(?:<to><n>)? <u>s?", every),
    (Kind.INTERVAL, r"(?:once )?(?:every|each) <o>(?:<to>(?:every )?<o>)? <u>", every),
    (Kind.INTERVAL, r"(?:on )?alternate <u>s", lambda unit: every(2, None, unit)),
    (Kind.INTERVAL, r"(?:once )?(?:every|each) <u>|<adverb>", lambda unit, adverb: often(1, unit or adverb)),
    (
        Kind.INTERVAL,
        r"(?:(?:a|per) |/ ?)day|(?:once )?(?:every|each)(?= (?:morning|evening))",
        Interval(Unit.DAY, 1, 1),
    ),
    (Kind.INTERVAL, r"(?:once )?every fortnight|fortnightly", Interval(Unit.WEEK, 2, 2)),
    (Kind.INTERVAL, r"quarterly|(?:once )?every quarter|once (?:a|per) quarter", Interval(Unit.MONTH, 3, 3)),
    (Kind.INTERVAL, r"half[ -]yearly|every half[ -]year", Interval(Unit.MONTH, 6, 6)),
    (Kind.PER, r"(?:(?:a|per|in a) |/ ?)<u>", _once_or_in_all),
)
_DURATIONS: tuple[Rule, ...] = (
    (Kind.LASTING, r"for (?:the first )?(?:(up to|at most) )?<n>(?:<to><n>)? <d>s?", lasting),
    (Kind.LASTING, r"for a <u>", lambda unit: Duration(unit, 1, 1)),
    (
        Kind.LASTING,
        r"(?:up to|at most|a maximum of) <n> <d>s?(?! (?:a|per|each|every) | ?/)",
        lambda most, unit: Duration(unit, 0, most),
    ),
    (Kind.LASTING, r"[x×] ?<n>(?:<to><n>)? <d>s?", lasted),
    (Kind.LASTING, r"(?:a )?total of <n>(?:<to><n>)? (dose|injection)s?", lasted),
    (Kind.LASTING, r"<n>(?:<to><n>)? (dose|injection)s? in (?:all|total)", lasted),
    (Kind.NUMBER, r"for (?:(up to|at most) )?<n>(?:<to><n>)?", lasting),
    (Kind.REPEATS, r"[x×] ?<n>(?:<to><n>)?", lasted),
    (Kind.BARE, r"<n>(?:<to><n>)? <u>s?(?! (?:a|per|each|every) | ?/)", lasted),
    (
        Kind.ONCE,
        r"(?:as )?(?:a )?(?:once|one[ -]time(?: dose)?|single (?:dose|injection))(?: only)?(?: stat)?|stat",
        ONE_DOSE,
    ),
    (Kind.UNTIL, r"(?:until|till|through|up to and including) <date>", None),
    (Kind.LASTING, r"for life|life-?long|for the rest of (?:the )?life|indefinitely", Ongoing.LIFE),
)
_REST: tuple[Rule, ...] = (
    (Kind.AS_NEEDED, r"(?:only )?(?:as|when|if) (?:needed|required|necessary)|p\.?r\.?n\.?", None),
    (Kind.AT_MOST, r"(?:at most|(?:no|not) more (?:often )?than|(?:a )?max(?:imum(?: of)?|\.)?|up to)", None),
    (Kind.TIME, r"(?:in the )?mornings?", TimeOfDay.MORNING),
    (Kind.TIME, r"(?:in the )?evenings?", TimeOfDay.EVENING),
    (Kind.SITE, r"<into>(?:outer )?thighs?", Site.THIGH),
    (Kind.SITE, r"<into>(?:upper arms?|deltoid(?: muscle)?)", Site.UPPER_ARM),
    (Kind.SITE, r"<into>(?:buttocks?|gluteal muscle)", Site.BUTTOCK),
    (Kind.SITE, r"<into>(?:abdomen|belly|stomach)", Site.ABDOMEN),
    (Kind.SELF, r"(?:to be )?self[ -](?:inject(?:ed|ion|s)?|administered)", None),
    (Kind.SELF, r"(?:the )?patient (?:self-injects|injects (?:it )?(?:herself|himself|themselves))", None),
    (Kind.STOP, r"(?:and )?(?:then )?(?:stop|discontinue)", None),
    (Kind.THEREAFTER, r"(?:and )?(?:thereafter|after that)(?: <maintenance>)?", None),
    (Kind.THEN, r"(?:and )?(?:then|followed by)(?: <maintenance>)?", None),
    (Kind.THEN, "<maintenance>", Kind.THEN),
    (Kind.JOIN, r"or|and|to", None),
    (Kind.FILLER, r"inject|give|administer", None),
    (Kind.WEEKDAY, r"(?:(?:every|each|on) )?(?:<weekday>(?: ?/ ?<weekday>)*|m/?w/?f)\.?", None),
    (Kind.PURPOSE, rf"(?:for|against) (?!(?:a|the|up|at|life|ever|{'|'.join(_NUMBERS)})(?![a-z]))[a-z]+", None),
)

TABLE = Table(
    words=ENGLISH,
    decimals=".",
    doubtful=r"[1-9][0-9]{0,2},[0-9]{3}",
    points_in_dates=False,
    repeats_in_a_day=False,
    values=_VALUES,
    macros=_MACROS,
    rules=(*_DOSES, *_ROUTES, *_ABBREVIATIONS, *_INTERVALS, *_DURATIONS, *_REST),
)
