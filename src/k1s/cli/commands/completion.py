"""`k1s completion`: teaches a shell to complete the words of k1s."""

from typing import Literal

from k1s.cli.line.shells import SCRIPTS


def completion(shell: Literal["bash", "zsh", "fish"], /) -> None:
    """Print a script for a shell, which completes commands, options, and the ids of jobs.

    Ids are those of the running server, and of these the ones that a command is
    for: kill completes what can be killed, start what does not run.

    For the shell that is open, in bash and zsh, and in fish:

    ```
    source <(k1s completion bash)
    source <(k1s completion zsh)
    k1s completion fish | source
    ```

    For good (zsh: in a folder of your fpath, before compinit runs):

    ```
    k1s completion bash > ~/.local/share/bash-completion/completions/k1s
    k1s completion zsh > ~/.zfunc/_k1s
    k1s completion fish > ~/.config/fish/completions/k1s.fish
    ```

    Parameters
    ----------
    shell
        The shell that reads the script.
    """
    print(SCRIPTS[shell], end="")
