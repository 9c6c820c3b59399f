"""The mail sink's pages: a list, a message in a frame that may run nothing, and JSON for tests."""

from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

import msgspec

from surehold.app.mail_sink.store import KeptMail, MailStore

_LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_PAGE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-src 'self'; form-action 'self'; base-uri 'none'"
_HEAD = '<head><base target="_blank">'  # a link in a mail opens beside it, not within
_MAIL_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
)
_STYLE = """
:root { color-scheme: light dark; --ink: #2b241e; --soft: #6d6257; --line: #e2d9cc; --page: #f3eee7; --card: #fffdfa; }
@media (prefers-color-scheme: dark) { :root {
  --ink: #f4ede4; --soft: #b9aea2; --line: #3b342d; --page: #191613; --card: #24201c; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
h1 { font: 400 1.7rem/1.3 Georgia, serif; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1rem; margin: 2rem 0 .5rem; }
p { margin: 0 0 1rem; } .soft, time { color: var(--soft); }
a { color: inherit; } a:focus-visible, button:focus-visible { outline: 3px solid #c46a3c; outline-offset: 2px; }
ul { list-style: none; margin: 1.5rem 0; padding: 0; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
li + li { border-top: 1px solid var(--line); }
li a { display: grid; grid-template-columns: 1fr auto; gap: .1rem 1rem; padding: .9rem 1.1rem; text-decoration: none; }
li a:hover strong { text-decoration: underline; } li strong { font-weight: 600; overflow-wrap: anywhere; }
li .soft { grid-column: 1 / -1; overflow-wrap: anywhere; }
iframe, pre { width: 100%; background: #fff; color: #2b241e; border: 1px solid var(--line); border-radius: 12px; }
iframe { height: 70rem; } pre { padding: 1rem; white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; }
button { font: inherit; padding: .4rem .9rem; border-radius: 8px; border: 1px solid var(--line); background: var(--card);
  color: inherit; }
"""


class PageHandler(BaseHTTPRequestHandler):
    """GET / and /messages and /messages/ID, with /html or /json behind it; POST /clear. A subclass knows the store."""

    store: MailStore
    server_version = "surehold-mail-sink"
    sys_version = ""
    timeout = 10

    def do_GET(self) -> None:
        """Show a page."""
        path = urlsplit(self.path).path
        if not self._is_local():
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", "Ask for this page by its local name.")
        elif path == "/":
            self._answer(HTTPStatus.OK, "text/html", _list_page(self.store.list_newest()))
        elif path == "/messages":
            listed = msgspec.json.encode({"messages": self.store.list_newest()})
            self._answer(HTTPStatus.OK, "application/json", listed.decode())
        else:
            self._message(path)

    def do_POST(self) -> None:
        """Forget all messages; only from this page itself."""
        own_page = self.headers.get("Sec-Fetch-Site", "none") in {"same-origin", "none"}
        if self.path != "/clear" or not own_page or not self._is_local():
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", "Not this way.")
            return
        self.store.clear()
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", "/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        """Say nothing: a log of who looked helps nobody."""

    def _message(self, path: str) -> None:
        _, _, rest = path.partition("/messages/")
        name, _, part = rest.partition("/")
        mail = self.store.find(name)
        if mail is None or part not in {"", "html", "json"}:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", "There is no such message.")
        elif part == "html":
            self._answer(HTTPStatus.OK, "text/html", mail.html.replace("<head>", _HEAD, 1), _MAIL_POLICY)
        elif part == "json":
            self._answer(HTTPStatus.OK, "application/json", msgspec.json.encode(mail).decode())
        else:
            self._answer(HTTPStatus.OK, "text/html", _message_page(mail))

    def _is_local(self) -> bool:
        """A page elsewhere may point its own name at this machine; that name gives it away."""
        host = self.headers.get("Host", "")
        return host.rpartition(":")[0] in _LOCAL_NAMES or host in _LOCAL_NAMES

    def _answer(self, status: HTTPStatus, kind: str, text: str, content_policy: str = _PAGE_POLICY) -> None:
        body = text.encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", content_policy)
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)


def page_handler(store: MailStore) -> type[PageHandler]:
    """The request handler that shows a store (the standard server makes handlers from a class)."""
    return type("StorePageHandler", (PageHandler,), {"store": store})


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><style>{_STYLE}</style></head>'
        f"<body><main>{body}</main></body></html>"
    )


def _list_page(mails: list[KeptMail]) -> str:
    head = "<h1>Mail</h1><p class=soft>Everything this shop would have sent. Nothing here leaves the machine.</p>"
    if not mails:
        return _page(
            "Mail",
            f"{head}<p>No mail yet. Place an order, and its confirmation arrives here within a second or two.</p>",
        )
    items = "".join(_item(mail) for mail in mails)
    clear = '<form method="post" action="/clear"><button>Forget all messages</button></form>'
    return _page("Mail", f"{head}<ul>{items}</ul>{clear}")


def _item(mail: KeptMail) -> str:
    return (
        f'<li><a href="/messages/{mail.id}"><strong>{escape(mail.subject) or "(no subject)"}</strong>{_time(mail)}'
        f'<span class="soft">{escape(", ".join(mail.to))}</span></a></li>'
    )


def _time(mail: KeptMail) -> str:
    return f'<time datetime="{mail.at.isoformat()}">{mail.at:%d %b, %H:%M:%S} UTC</time>'


def _message_page(mail: KeptMail) -> str:
    frame = (
        '<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title="The mail as HTML"'
        f' src="/messages/{mail.id}/html"></iframe>'
    )
    return _page(
        mail.subject,
        f'<p><a href="/">All mail</a></p><h1>{escape(mail.subject) or "(no subject)"}</h1>'
        f'<p class="soft">From {escape(mail.sender)}<br>To {escape(", ".join(mail.to))}<br>{_time(mail)}</p>'
        + (frame if mail.html else "")
        + f"<h2>As text</h2><pre>{escape(mail.text)}</pre>",
    )
