"""The scripts that teach shells to complete the words of `k1s`."""

from typing import Final

BASH: Final = """\
# Completion of k1s for bash.
_k1s() {
    local word=${COMP_WORDS[COMP_CWORD]} line
    COMPREPLY=()
    while IFS= read -r line; do
        case $line in
            :file) _k1s_paths -f "$word" ;;
            :folder) _k1s_paths -d "$word" ;;
            :program) _k1s_program "$word" ;;
            *) COMPREPLY+=("${line%%$'\\t'*}") ;;
        esac
    done < <(command k1s _complete bash "$COMP_WORDBREAKS" \\
        "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
_k1s_paths() {
    local path
    compopt -o filenames 2>/dev/null
    while IFS= read -r path; do
        COMPREPLY+=("$path")
    done < <(compgen "$1" -- "$2")
}
_k1s_program() {
    if [[ ${COMP_WORDS[COMP_CWORD - 1]} == -* && $1 != */* ]]; then
        local name
        while IFS= read -r name; do
            COMPREPLY+=("$name")
        done < <(compgen -c -- "$1")
    else
        _k1s_paths -f "$1"
    fi
}
complete -F _k1s k1s
"""

ZSH: Final = """\
#compdef k1s
# Completion of k1s for zsh.
_k1s() {
    local line
    local -a found shown in_lines
    for line in ${(f)"$(command k1s _complete zsh "${(@Q)words[2,CURRENT]}" 2>/dev/null)"}; do
        case $line in
            :file) _files ;;
            :folder) _files -/ ;;
            :program)
                if [[ $words[CURRENT-1] == -* ]]; then _command_names -e; else _files; fi ;;
            *)
                [[ $line == *$'\\t'* ]] && in_lines=(-l)
                found+=("${line%%$'\\t'*}")
                shown+=("${line/$'\\t'/  -- }") ;;
        esac
    done
    (( $#found )) && compadd $in_lines -d shown -a found
}
if [[ ${funcstack[1]} == _k1s ]]; then
    _k1s "$@"
else
    (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
    compdef _k1s k1s
fi
"""

FISH: Final = """\
# Completion of k1s for fish.
function __k1s_complete
    set -l before (commandline -opc)
    set -l word (commandline -ct)
    for line in (command k1s _complete fish $before[2..-1] "$word" 2>/dev/null)
        switch $line
            case :file
                __fish_complete_path "$word"
            case :folder
                __fish_complete_directories "$word" ''
            case :program
                if string match -q -- '-*' $before[-1]
                    complete -C "$word"
                else
                    __fish_complete_path "$word"
                end
            case '*'
                echo $line
        end
    end
end
complete -c k1s -f -k -a '(__k1s_complete)'
"""

SCRIPTS: Final = {"bash": BASH, "zsh": ZSH, "fish": FISH}
