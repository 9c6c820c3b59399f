"""The ports that a shop takes for its mail sink."""

import socket

from surehold.app.up.ports import PORT_MAX, MailPorts, free_port, mail_ports


def test_the_sink_has_two_ports_and_not_the_shops() -> None:
    first, second, shop_port = free_port(), free_port(), PORT_MAX  # nothing is beside the last one
    drawn = iter([shop_port, first, first, shop_port, second])
    assert mail_ports(shop_port, lambda: next(drawn)) == MailPorts(smtp=second, page=first)


def test_its_page_is_beside_the_shop_where_that_is_free() -> None:
    beside = free_port()
    drawn = iter([beside, beside - 1, free_port(but={beside, beside - 1})])
    ports = mail_ports(beside - 1, lambda: next(drawn))
    assert ports.page == beside
    assert ports.smtp not in {beside, beside - 1}
    with socket.create_server(("127.0.0.1", beside)):
        assert mail_ports(beside - 1).page != beside
