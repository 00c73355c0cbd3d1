"""What is said to somebody whose words make no sense, before anything is done."""

import shlex
import sys

import pytest

from k1s.cli import entry
from k1s.cli.failing import WRONG_USAGE

REFUSED = [
    # Words that a command does not take, or that are missing.
    ("client", "command"),
    ("client -c", "-c"),
    ("client -c reboot", "get-all-jobs"),
    ("client -c create-job -i it -t sometimes -x /bin/true", "one-time"),
    ("client -c create-job -i it -t one-time -x /bin/true -e NOEQUALS", "NOEQUALS"),
    ("client -c create-job -i it -t periodic -x /bin/true -r abc", "abc"),
    ("client -c create-job -i it -t one-time -x /bin/true -m abc", "abc"),
    ("client -c create-job -i it -t one-time -x /bin/true -m 1.5", "1.5"),
    ("client -c get-all-jobs -p abc", "abc"),
    ("client -c get-all-jobs -p 70000", "70000"),
    ("client -c get-all-jobs --verbose", "--verbose"),
    ("client -c get-all-jobs surplus", "surplus"),
    ("server -p abc", "abc"),
    ("server -p 70000", "70000"),
    ("server --verbose", "--verbose"),
    ("diagrams --nonsense", "--nonsense"),
    ("help kill list", "Too many words: 'list'. See k1s help --help"),
    ("logs it -n few", "wants a number of lines"),
    ("logs it -n=-3", "wants a number of lines"),
    ("logs --follow", "IDS"),
    ("wait web --for finished", "finished"),
    ("completion tcsh", "bash"),
    # A command that k1s does not have.
    ("ls", "there is no command 'ls': did you mean k1s list?"),
    ("status web", "there is no command 'status': did you mean k1s list or k1s show?"),
    ("getJobById web", "there is no command 'getJobById': did you mean k1s show?"),
    ("Kill web", "there is no command 'Kill': did you mean k1s kill?"),
    ("stopp", "there is no command 'stopp': did you mean k1s kill?"),
    ("nonsense", "there is no command 'nonsense': see k1s --help"),
    ("help stop", "there is no command 'stop': did you mean k1s kill?"),
    ("help lsit", "there is no command 'lsit': did you mean k1s list?"),
    ("help nonsense", "there is no command 'nonsense': see k1s --help"),
    # An option that a command does not have.
    ("list --prot 1", "Unknown option: --prot: did you mean --port? See k1s list --help"),
    ("list --jsno", "Unknown option: --jsno: did you mean --json? See k1s list --help"),
    ("list --sock=here", "Unknown option: --sock=here: did you mean --socket? See"),
    ("create web --env A=1 -- true", "Unknown option: --env: did you mean --environment? See"),
    ("create web --interval 5m -- true", "Unknown option: --interval: did you mean --every? See"),
    ("create web --max-retries 3 -- true", "--max-retries: did you mean --max-retry? See"),
    ("run --cwd / -- true", "Unknown option: --cwd: did you mean --working-directory? See"),
    ("logs web --tail 10", "Unknown option: --tail: did you mean --lines? See"),
    ("logs web --foll", "Unknown option: --foll: did you mean --follow? See"),
    ("list --hlep", "Unknown option: --hlep: did you mean --help? See"),
    ("list --bogus", "Unknown option: --bogus. See k1s list --help"),
    ("list --at", "Unknown option: --at. See k1s"),
    ("list --tail 3", "Unknown option: --tail. See k1s"),
    ("list --h", "Unknown option: --h. See k1s"),
    ("list -z", "Unknown option: -z. See k1s"),
    ("list -jp", "Unknown option: -jp. See k1s"),
    ("create web -q -- true", "Unknown option: -q. See k1s"),
    ("kill -99 web", "Unknown option: -99"),
    ("kill -NOPE web", "-NOPE"),
    ("kill web -9 -15", "Unknown option: -15"),
    ("kill -- web -9", "Unknown option: -9"),
    ("delete -- web -f", "Unknown option: -f"),
    ("signal HUP web -9", "Unknown option: -9"),
    ("start web -0x1", "Unknown option: -0x1"),
    ("restart web -5", "Unknown option: -5"),
    ("delete web -1", "Unknown option: -1"),
    ("wait web -1:", "Unknown option: -1:"),
    # Options before a command, and -h where a host is wanted.
    ("-p 4567 list", "Options stand behind a command, as in k1s list --json"),
    ("--host 127.0.0.1 top", "Options stand behind a command, as in k1s list --json"),
    ("-x", "Options stand behind a command, as in k1s list --json"),
    ("list -h", "-h is the host here, and wants one. See k1s list --help"),
    ("kill web -h", "-h is the host here, and wants one. See k1s kill --help"),
    ("kill -h --json web", "-h is the host here, and wants one. See k1s kill --help"),
    ("run -h", "-h is the host here, and wants one. See k1s run --help"),
    ("run -h -- true", "-h is the host here, and wants one. See k1s run --help"),
    ("server -h", "-h is the host here, and wants one. See k1s server --help"),
    ("client -h", "-h is the host here, and wants one. See k1s client --help"),
    # An empty path is a slip, and does not mean this folder.
    ("token ''", "wants a path, got ''"),
    ("create it -w '' -- true", "Invalid value for -w: wants a path, got ''"),
    ("run -w '' -- true", "Invalid value for -w: wants a path, got ''"),
    ("up ''", "wants a path, got ''"),
    ("server -c ''", "wants a path, got ''"),
    ("simulate ''", "wants a path, got ''"),
    ("diagrams --folder ''", "wants a path, got ''"),
    # Signals.
    ("kill web --signal NOPE", "as in TERM or 15"),
    ("kill web -s 99", "as in TERM or 15"),
    ("signal NOPE web", "as in TERM or 15"),
    ("signal web HUP", "got 'web'"),
    # A program stands behind two dashes.
    ("create it sleep 1000", "put -- in front of the program"),
    ("create it --", "there is no program behind the --"),
    ("create -- true", "ID"),
    ("create it other -- true", "Too many words: 'other'."),
    ("run sleep 1000", "put -- in front of the program"),
    ("run --", "there is no program behind the --"),
    ("run a b -- true", "Too many words: 'b'."),
    ("run -x -- true", "Unknown option: -x. See k1s run --help"),
    # Values.
    ("create it --every 5x -- true", "5x"),
    ("create it --every 9999999999 -- true", "at most"),
    ("create it --every Infinity -- true", "Infinity"),
    ("create it --every 5 --continuous -- true", "--continuous"),
    ("create it --max-retry 1.5 -- true", "1.5"),
    ("create it --max-retry 1_0 -- true", "1_0"),
    ("create it -e NAME -- true", "NAME"),
    ("logs it -n 1000000001", "wants a number of lines up to 1000000000"),
    ("wait it --timeout 1000000001", "wants at most 1e+09 s"),
    # Values that no server takes, which is told even without one.
    ("create it --every 0 -- true", "--every wants a number from 0.1 to 1e9, got 0"),
    ("create it --max-retry -2 -- true", "--max-retry wants a number from -1 to 1e9, got -2"),
    (
        "create it --restart-delay 5 --max-restart-delay 2 -- true",
        "--max-restart-delay wants at least the restart delay (5)",
    ),
    ("create it --stdout-log '' -- true", "--stdout-log wants a path, got an empty text"),
    ("create it -e =b -- true", "--environment wants names without '=', not empty"),
    ("create a/b -- true", "ID wants 1 to 128 of A-Z"),
    ("create it -- ''", "PROGRAM wants a path, got an empty text"),
    ("run a/b -- true", "ID wants 1 to 128 of A-Z"),
    ("run '' -- true", "ID wants 1 to 128 of"),
    ("run -- ''", "PROGRAM wants a path, got an empty text"),
]


@pytest.mark.parametrize(("line", "sentence"), REFUSED)
def test_words_that_make_no_sense(
    line: str,
    sentence: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line says why not; a server that is asked all the same is not there, and that is told."""
    monkeypatch.setenv("K1S_SOCKET", "/no/server")
    monkeypatch.setattr(sys, "argv", ["k1s", *shlex.split(line)])
    with pytest.raises(SystemExit) as ended:
        entry.main()
    said = capsys.readouterr()
    assert sentence in said.err
    assert said.err.startswith("k1s: ")
    assert said.err.count("\n") == 1
    assert said.out == ""
    assert ended.value.code == WRONG_USAGE
