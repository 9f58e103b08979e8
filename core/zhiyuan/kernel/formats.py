"""How instants, dates, durations and numbers are written for a reader of one language. Thin over Babel."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_time, format_timedelta
from babel.numbers import format_decimal, format_percent

from zhiyuan.kernel.i18n import CORE_DOMAIN, Translator, fill
from zhiyuan.kernel.i18n import gettext_noop as _


class Formats:
    """Writes values in one language (a BCP 47 tag such as ``zh-Hans``). Instants need the zone they are told in."""

    def __init__(self, language: str) -> None:
        self._translator = Translator(language)
        self._locale = self._translator.babel_locale

    def day(self, value: date, style: str = "medium") -> str:
        """Return a calendar date, for example ``2 Mar 2026``."""
        return format_date(value, format=style, locale=self._locale)

    def weekday(self, value: date) -> str:
        """Return a calendar date with its weekday."""
        return format_date(value, format="full", locale=self._locale)

    def day_of(self, value: datetime, zone: str) -> str:
        """Return the date that the wall at ``zone`` shows at an instant, with its weekday."""
        return self.weekday(value.astimezone(ZoneInfo(zone)).date())

    def clock(self, value: datetime, zone: str) -> str:
        """Return the time that the wall at ``zone`` shows at an instant, without seconds."""
        return format_time(value, format="short", tzinfo=ZoneInfo(zone), locale=self._locale)

    def moment(self, value: datetime, zone: str) -> str:
        """Return date and time, without seconds, that the wall at ``zone`` shows at an instant."""
        return f"{self.day(value.astimezone(ZoneInfo(zone)).date())} {self.clock(value, zone)}"

    def span(self, start: datetime, end: datetime, zone: str) -> str:
        """Return a stretch of time, with the second date only where it differs from the first."""
        begins, ends = start.astimezone(ZoneInfo(zone)), end.astimezone(ZoneInfo(zone))
        last = self.clock(end, zone) if begins.date() == ends.date() else self.moment(end, zone)
        return f"{self.day_of(start, zone)} {self.clock(start, zone)}\u00a0–\u00a0{last}"

    def days(self, first: date | None, last: date | None) -> str:
        """Return a stretch of days; an open end stays empty."""
        if first == last or last is None:
            return self.day(first) if first else ""
        return f"{self.day(first) if first else ''} – {self.day(last)}"

    def number(self, value: int | float | Decimal) -> str:
        """Return a number with the language's separators."""
        return format_decimal(value, locale=self._locale)

    def percent(self, value: float) -> str:
        """Return a share such as 0.125 as a percentage with at most two decimals."""
        return format_percent(value, format="#,##0.##%", locale=self._locale)

    def hours(self, minutes: int) -> str:
        """Return minutes as hours with up to two places (90 -> ``1.5``), without a unit; may be negative.

        Rounded half up to hundredths for the eye only: sums are made of minutes.
        """
        hundredths = (abs(minutes) * 100 + 30) // 60
        sign = "-" if minutes < 0 else ""
        return sign + format_decimal(hundredths / 100, format="#,##0.##", locale=self._locale)

    def duration(self, minutes: int) -> str:
        """Return minutes as hours and minutes with their units, for example ``3 h 30 min``."""
        hours, rest = divmod(minutes, 60)
        if not hours:
            return self._said(_("%(minutes)s min"), hours=hours, minutes=rest)
        pattern = _("%(hours)s h %(minutes)s min") if rest else _("%(hours)s h")
        return self._said(pattern, hours=hours, minutes=rest)

    def _said(self, pattern: str, **numbers: int) -> str:
        told = {name: self.number(value) for name, value in numbers.items()}
        return fill(self._translator.translate(CORE_DOMAIN, pattern), told)

    def ago(self, value: datetime, now: datetime) -> str:
        """Return how long before ``now`` an instant was, for example ``3 days ago``."""
        return format_timedelta(value - now, add_direction=True, locale=self._locale)
