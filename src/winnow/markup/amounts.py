"""Bytes and seconds in units that a person reads."""

_UNITS = ("bytes", "kB", "MB", "GB", "TB")
_THOUSAND = 1000
_MINUTE_S = 60
_HOUR_S = 3600
_DAY_S = 86400


def bytes_text(num_bytes: float) -> str:
    """Return bytes in the decimal unit that fits."""
    value, units = float(num_bytes), iter(_UNITS)
    unit = next(units)
    while value >= _THOUSAND and unit != _UNITS[-1]:
        value, unit = value / _THOUSAND, next(units)
    return f"{value:,.1f} {unit}" if unit != "bytes" else f"{num_bytes:.0f} bytes"


def seconds_text(seconds: float) -> str:
    """Return a time as `1.2 s`, `3 min 20 s`, `2 h 5 min` or `3 d 4 h`."""
    for whole, part, word, smaller in (
        (_DAY_S, _HOUR_S, "d", "h"),
        (_HOUR_S, _MINUTE_S, "h", "min"),
        (_MINUTE_S, 1, "min", "s"),
    ):
        if seconds >= whole:
            parts = round(seconds / part)
            per_whole = whole // part
            return f"{parts // per_whole:,} {word} {parts % per_whole} {smaller}"
    return f"{seconds:.1f} s"
