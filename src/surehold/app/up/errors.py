"""Why a shop cannot start."""


class StartError(Exception):
    """The shop cannot start; the text is one line that says what to do."""

    def __init__(self, text: str) -> None:
        super().__init__(" ".join(text.split()))
