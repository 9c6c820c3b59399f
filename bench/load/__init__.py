"""The load driver, a process of its own: raw HTTP/1.1 over sockets, ready-made requests, as little CPU as Python can do with."""
