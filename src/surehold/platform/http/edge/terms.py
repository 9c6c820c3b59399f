"""On which terms a request's public pages are shown: the price list of its signed cookie and the language it asks for."""

from collections.abc import Iterable, Mapping

from surehold.platform.cache import Shown, verify_terms
from surehold.platform.http.edge.settings import EdgeSettings

MAX_KNOWN = 10_000
MAX_LANGUAGES = 10


class TermsReader:
    """Reads what decides a page besides its address. Most requests have none of it and share one value."""

    def __init__(self, settings: EdgeSettings) -> None:
        self._secrets = (settings.terms_secret, *settings.terms_previous) if settings.terms_secret else ()
        self._name = settings.terms_cookie.encode() + b"="
        self._locales = settings.locales
        self.default = Shown()
        self._known: dict[bytes, str] = {}

    def of(self, headers: Mapping[bytes, bytes], raw: Iterable[tuple[bytes, bytes]]) -> Shown:
        """The terms of a request; a cookie that we did not sign counts as none."""
        price_list = self._price_list(raw) if b"cookie" in headers else ""
        locale = self._locale(headers.get(b"accept-language", b"")) if len(self._locales) > 1 else ""
        return Shown(price_list=price_list, locale=locale) if price_list or locale else self.default

    def _price_list(self, raw: Iterable[tuple[bytes, bytes]]) -> str:
        # HTTP/2 splits cookies over several headers.
        for name, value in raw:
            if name == b"cookie" and self._name in value:
                for crumb in map(bytes.strip, value.split(b";")):
                    if crumb.startswith(self._name):
                        return self._verified(crumb[len(self._name) :])
        return ""

    def _verified(self, value: bytes) -> str:
        price_list = self._known.get(value)
        if price_list is None:
            price_list = verify_terms(self._secrets, value.decode("latin-1").strip('"'))
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[value] = price_list = price_list or ""
        return price_list

    def _locale(self, accepted: bytes) -> str:
        """The first of the languages asked for that we have, by quality (RFC 9110, 12.5.4); ours otherwise."""
        wanted: list[tuple[float, str]] = []
        for part in accepted.decode("latin-1").split(",")[:MAX_LANGUAGES]:
            name, _, quality = part.strip().partition(";q=")
            try:
                wanted.append((-float(quality or 1), name.lower()))
            except ValueError:
                continue
        for _, name in sorted(wanted, key=lambda item: item[0]):
            for locale in self._locales:
                if name == locale.lower() or name.partition("-")[0] == locale.lower():
                    return locale
        return self._locales[0]
