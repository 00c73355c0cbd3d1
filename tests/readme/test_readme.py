"""What the README shows is what a reader gets."""

import json
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import play
import pytest

from k1s.diagrams import find_stale


def test_every_example_of_the_readme_prints_what_it_promises(tmp_path: Path) -> None:
    """Each command, typed in order into a shell, prints what stands below it."""
    text = play.README.read_text(encoding="utf-8")
    for name, content in play.read_files(text).items():
        (tmp_path / name).write_text(content, encoding="utf-8")
    with play.Player(tmp_path) as player:
        for example in play.read_examples(text):
            output = player.play(example)
            assert example.is_kept_by(output), f"$ {example.command}\nprinted: {output}"


def test_the_readme_has_examples_to_keep() -> None:
    """The reader of the README's blocks finds them: an empty tour would always pass."""
    text = play.README.read_text(encoding="utf-8")
    commands = [example.command for example in play.read_examples(text)]
    assert any("create-job" in command for command in commands)
    assert any("k1s create" in command for command in commands)
    assert any(example.is_server for example in play.read_examples(text))


def test_a_broken_promise_is_noticed() -> None:
    """An output that differs outside of the dots does not pass."""
    example = play.Example("k1s", '{"state": "running", ...}')
    assert example.is_kept_by('{"state": "running", "pid": 3}')
    assert not example.is_kept_by('{"state": "killed", "pid": 3}')
    table = play.Example("k1s list", "web  running  12011   3 s  1")
    assert table.is_kept_by("web  running    87  12 min  1")
    assert not table.is_kept_by("web  running    87  12 min  2")


@pytest.fixture(scope="module")
def player(tmp_path_factory: pytest.TempPathFactory) -> Iterator[play.Player]:
    """Somebody who has started a server."""
    with play.Player(tmp_path_factory.mktemp("reader")) as player:
        address = player.play(play.Example("k1s server &", ":4567"))
        assert address.strip().endswith(":4567")
        yield player


def test_every_program_of_the_readme_prints_what_it_promises(player: play.Player) -> None:
    """Each Python program, run in order beside one server, prints what stands behind its `#>`."""
    text = play.README.read_text(encoding="utf-8")
    for program in play.read_programs(text):
        output = player.play_program(program)
        assert program.is_kept_by(output), f"{program.command}\nprinted: {output}"


def test_what_a_program_promises() -> None:
    """It stands behind `#>`, in the order in which it is printed."""
    text = "```python\nprint(1)  #> 1\n# a comment\nprint(2)\n#> 2\n```\n"
    (program,) = play.read_programs(text)
    assert program.promise == "1\n2"
    assert program.is_kept_by("1\n2\n")
    assert not program.is_kept_by("1\n")


def test_every_request_of_the_readme_is_understood(player: play.Player) -> None:
    """Each line of JSON under the protocol, sent in order, is answered without an error."""
    text = play.README.read_text(encoding="utf-8")
    lines = [line for block in play.read_json(text) for line in block.splitlines()]
    assert len(lines) > 3
    for line in lines:
        for reply in _ask(player.port, line):
            assert "code" not in reply, f"{line}\nanswered: {reply}"


def _ask(port: int, line: str) -> list[object]:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(f"{line}\n".encode())
        reply = connection.makefile(encoding="utf-8").read()
    return [json.loads(line) for line in reply.splitlines()]


def test_the_pictures_of_the_machines_are_fresh() -> None:
    """In their folder and in the README, they are what the machines of today look like."""
    assert find_stale(play.README.parent / "diagrams", play.README) == []


def test_a_demo_that_breaks_a_promise_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It shows what was promised, and goes on with the next example."""
    readme = tmp_path / "README.md"
    readme.write_text("```console\n$ echo one\ntwo\n$ echo three\nthree\n```\n")
    monkeypatch.setattr(play, "README", readme)
    assert play.main() == 1
    shown = capsys.readouterr()
    assert shown.out == "\n$ echo one\none\n\n$ echo three\nthree\n"
    assert shown.err == "The README promises:\ntwo\n"


def test_the_picture_of_a_simulated_day_is_fresh(tmp_path: Path) -> None:
    """Drawing it again, as `make diagrams` does, gives the same bytes."""
    makefile = (play.README.parent / "Makefile").read_text(encoding="utf-8")
    options = re.search(r"^DAY := (.*)$", makefile, re.MULTILINE)
    assert options is not None
    folder, drawn = play.README.parent / "diagrams", tmp_path / "timeline.svg"
    command = [play.SCRIPTS / "k1s", "simulate", folder / "day.toml", *options[1].split()]
    subprocess.run([*command, "--svg", drawn], check=True, capture_output=True)
    assert drawn.read_bytes() == (folder / "timeline.svg").read_bytes()
