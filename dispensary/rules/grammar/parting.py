"""Parting the pieces of a text into phases, at words such as `then` and `thereafter`."""

from dispensary.rules.grammar.pieces import Kind, Piece

DURATIONS = (Kind.LASTING, Kind.UNTIL, Kind.NUMBER, Kind.REPEATS, Kind.BARE, Kind.ONCE)
_OF_ALL = (Kind.TIME, Kind.SITE, Kind.SELF)


def parted(pieces: list[Piece]) -> list[list[Piece]]:
    """The pieces of each phase. What holds for all phases, and `maintenance` in front, part nothing."""
    parts: list[list[Piece]] = [[]]
    for piece in pieces:
        if piece.kind is Kind.THEREAFTER and (behind := _behind(parts)):
            parts[-1:] = behind
        elif piece.kind in (Kind.THEN, Kind.THEREAFTER) and (parts[-1] or not piece.meaning):
            parts.append([])
        elif piece.kind not in (Kind.THEN, Kind.FILLER, *_OF_ALL):
            parts[-1].append(piece)
    return parts


def _behind(parts: list[list[Piece]]) -> list[list[Piece]]:
    """The last part, parted by a `thereafter` that stands behind its phase; empty where it stands before one.

    As in `daily for 7 days, monthly thereafter` and `daily for 7 days, then monthly thereafter`. Were the
    word to stand before the next phase, these would be two intervals in a phase, or a phase without an end.
    """
    part = parts[-1]
    intervals = [piece for piece in part if piece.kind is Kind.INTERVAL]
    if not intervals or part[-1] is not intervals[-1]:
        return []
    ends = [at for at, piece in enumerate(part, 1) if piece.kind in DURATIONS]
    if len(intervals) == 1:
        return [part] if len(parts) > 1 and not ends else []
    end = ends[0] if ends else part.index(intervals[0]) + 1
    before, after = part[:end], part[end:]
    return [before, after[1:] if after[0].text.lower() in ("and", "og") else after]
