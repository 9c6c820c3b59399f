"""Order numbers: readable, checked, not to be guessed in sequence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surehold.modules.orders import check_character, new_number, read_number
from surehold.modules.orders.model import ALPHABET, NUMBER_CHARS

numbers = st.text(ALPHABET, min_size=NUMBER_CHARS - 1, max_size=NUMBER_CHARS - 1).map(
    lambda body: body + check_character(body)
)


def test_they_differ_and_read_back() -> None:
    made = {new_number() for _ in range(1000)}
    assert len(made) == 1000
    assert all(read_number(number) == number for number in made)


@given(numbers, st.integers(0, NUMBER_CHARS - 1), st.sampled_from(ALPHABET))
def test_one_wrong_character_is_noticed(number: str, place: int, other: str) -> None:
    wrong = number[:place] + other + number[place + 1 :]
    assert (read_number(wrong) is None) == (wrong != number)


@given(numbers)
def test_as_people_type_it(number: str) -> None:
    typed = f" {number[:5].lower()}-{number[5:]} ".replace("1", "l").replace("0", "O")
    assert read_number(typed) == number


@pytest.mark.parametrize("text", ["", "ABC", "U" * 10, "0" * 11, "é" * 10, "ß" * 10])
def test_what_cannot_be_one(text: str) -> None:
    assert read_number(text) is None
