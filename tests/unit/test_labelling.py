"""Lines of several logs, each with the name of its log in front."""

from hypothesis import given
from hypothesis import strategies as st

from k1s.cli.display.labelling import HELD_BYTES_MAX, NAME_COLUMNS_MAX, Labelled, Log, labels

A, B = Log("a", "stdout"), Log("b", "stdout")


def test_a_label_says_what_differs() -> None:
    """Jobs are told apart by their ids, the streams of one job by their names, else by both."""
    assert labels([A, Log("long", "stdout")]) == {A: b"a    | ", Log("long", "stdout"): b"long | "}
    assert labels([A, Log("a", "error")])[A] == b"stdout | "
    assert labels([A, Log("a", "stderr"), B])[A] == b"a stdout | "


def test_a_very_long_id_leaves_room_for_the_line() -> None:
    """An id is cut in its middle, for its ends tell it apart."""
    name = "x" * 60 + "7"
    label = labels([A, Log(name, "stdout")])[Log(name, "stdout")].decode()
    assert len(label) == NAME_COLUMNS_MAX + len(" | ")
    assert label.endswith("7 | ")


def test_each_job_has_a_colour() -> None:
    """The label is coloured, and nothing of the line."""
    coloured = labels([A, B], has_colour=True)
    assert coloured[A] == b"\x1b[36ma |\x1b[0m "
    assert coloured[B] == b"\x1b[33mb |\x1b[0m "


def test_a_line_is_held_back_until_it_is_whole() -> None:
    """Two logs never mix in one line."""
    shown = Labelled(labels([A, B]))
    assert shown.take(A, b"on") == b""
    assert shown.take(B, b"x\ny") == b"b | x\n"
    assert shown.take(A, b"e\n\n") == b"a | one\na | \n"
    assert shown.release_all() == b"b | y\n"
    assert shown.release_all() == b""


def test_a_very_long_line_is_not_held_back_for_ever() -> None:
    """What is kept in memory has a bound."""
    shown = Labelled(labels([A, B]))
    assert shown.take(A, b"x" * (HELD_BYTES_MAX - 1)) == b""
    assert shown.take(A, b"xy") == b"a | " + b"x" * HELD_BYTES_MAX + b"\n"
    assert shown.release(A) == b"a | y\n"
    assert shown.release(A) == b""


@given(st.lists(st.tuples(st.sampled_from([A, B]), st.binary(max_size=9))))
def test_nothing_is_lost(pieces: list[tuple[Log, bytes]]) -> None:
    """However the pieces come, each log's lines are all there, in order, with its label."""
    shown = Labelled(labels([A, B]))
    out = b"".join(shown.take(log, piece) for log, piece in pieces) + shown.release_all()
    for log in (A, B):
        label = f"{log.job_id} | ".encode()
        lines = [line.removeprefix(label) for line in out.split(b"\n") if line.startswith(label)]
        wanted = b"".join(piece for of, piece in pieces if of == log)
        assert lines == (wanted.removesuffix(b"\n").split(b"\n") if wanted else [])
