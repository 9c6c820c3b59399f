"""Cookie names and flags in one place. On plain HTTP (development) `Secure` and the `__Host-` prefix are dropped."""

from litestar.datastructures import Cookie

_DAY_S = 86_400


class Cookies:
    """Makes and names our cookies."""

    def __init__(self, *, secure: bool, guest_days: int = 30, session_days: int = 30) -> None:
        self._secure = secure
        self._guest_s, self._session_s = guest_days * _DAY_S, session_days * _DAY_S
        prefix = "__Host-" if secure else ""
        self.session_name = f"{prefix}surehold_session"
        self.guest_name = f"{prefix}surehold_guest"
        self.terms_name = f"{prefix}surehold_terms"

    def guest(self, token: str) -> Cookie:
        """The guest token's cookie."""
        return self._make(self.guest_name, token, self._guest_s)

    def session(self, token: str) -> Cookie:
        """The session's cookie."""
        return self._make(self.session_name, token, self._session_s)

    def terms(self, signed_price_list: str) -> Cookie:
        """The signed name of the price list that cached pages are shown with; it decides no price that is charged."""
        return self._make(self.terms_name, signed_price_list, self._session_s)

    def forget(self, name: str) -> Cookie:
        """A cookie that removes the one of that name."""
        return self._make(name, "", 0)

    def _make(self, name: str, value: str, max_age: int) -> Cookie:
        return Cookie(
            key=name, value=value, max_age=max_age, path="/", secure=self._secure, httponly=True, samesite="lax"
        )
