"""The demo shop: about eighty things for the home, their pictures, and the loader that puts them into an empty shop."""

from surehold.app.demo.load import DemoError, load_demo_if_empty

__all__ = ["DemoError", "load_demo_if_empty"]
