"""The command line told to shells and to man, out of the parser itself."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, field

SHELLS = ("bash", "zsh", "fish")
PROGRAM = "quietkey"


@dataclass(frozen=True, slots=True)
class Verb:
    """A parser and the words that lead to it. `tasks` and `options` are words and their help."""

    words: tuple[str, ...]
    parser: argparse.ArgumentParser
    tasks: dict[str, str] = field(default_factory=dict)
    options: dict[str, str] = field(default_factory=dict)
    values: dict[str, tuple[str, ...]] = field(default_factory=dict)


def verbs(parser: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[Verb]:
    """The parser and all below it."""
    verb = Verb(words, parser)
    children = {}
    for action in parser._actions:  # noqa: SLF001 - argparse shows them in no other way
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            verb.tasks.update({c.dest: c.help or "" for c in action._choices_actions})  # noqa: SLF001
            children = action.choices
        for option in action.option_strings:
            verb.options[option] = action.help or ""
            if action.choices:
                verb.values[option] = tuple(map(str, action.choices))
    yield verb
    for name, child in children.items():
        yield from verbs(child, (*words, name))


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """What a shell of SHELLS is to read at its start."""
    return {"bash": _bash, "zsh": _zsh, "fish": _fish}[shell](parser)


def _bash(parser: argparse.ArgumentParser) -> str:
    """Also for the bash 3.2 of macOS: no associative arrays."""
    rows = []
    for verb in verbs(parser):
        words = " ".join((*verb.tasks, *verb.options))
        rows.append(f'    "{" ".join(verb.words)}") words="{words}" ;;')
    values = [
        f'    "{" ".join((*verb.words, option))}") words="{" ".join(choices)}" ;;'
        for verb in verbs(parser)
        for option, choices in verb.values.items()
    ]
    names = "|".join(f'"{" ".join(verb.words)}"' for verb in verbs(parser))
    return _BASH.format(names=names, rows="\n".join(rows), values="\n".join(values))


_BASH = """\
# Put this into ~/.bashrc:  eval "$(quietkey completion bash)"
_quietkey() {{
  local here="" words="" word at="${{COMP_WORDS[COMP_CWORD]}}"
  local before="${{COMP_WORDS[COMP_CWORD-1]}}" place
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    place="${{here:+$here }}$word"
    case "$place" in {names}) here="$place" ;; esac
  done
  case "$here" in
{rows}
  esac
  case "$here $before" in
{values}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$at"))
}}
complete -o default -F _quietkey quietkey
"""


def _zsh(parser: argparse.ArgumentParser) -> str:
    """Zsh reads the completion of bash."""
    return (
        '# Put this into ~/.zshrc:  eval "$(quietkey completion zsh)"\n'
        "autoload -Uz compinit bashcompinit && compinit && bashcompinit\n"
        + _bash(parser).partition("\n")[2]
    )


def _fish(parser: argparse.ArgumentParser) -> str:
    lines = ["# quietkey completion fish > ~/.config/fish/completions/quietkey.fish"]
    for verb in verbs(parser):
        condition = " ".join(
            ["__fish_use_subcommand"]
            if not verb.words
            else ["; and ".join(f"__fish_seen_subcommand_from {word}" for word in verb.words)]
        )
        if verb.words and verb.tasks:
            condition += f"; and not __fish_seen_subcommand_from {' '.join(verb.tasks)}"
        base = f"complete -c {PROGRAM} -n '{condition}'"
        lines += [f"{base} -f -a {name} -d {_quoted(text)}" for name, text in verb.tasks.items()]
        for option, text in verb.options.items():
            kind = "-l" if option.startswith("--") else "-s"
            choices = " ".join(verb.values.get(option, ()))
            argument = f" -x -a '{choices}'" if choices else ""
            lines.append(f"{base} {kind} {option.lstrip('-')}{argument} -d {_quoted(text)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def manual(parser: argparse.ArgumentParser) -> str:
    """A page for man(1), section 1: `quietkey man | man -l -`."""
    lines = [
        f'.TH {PROGRAM.upper()} 1 "" "{PROGRAM}" "User commands"',
        ".SH NAME",
        f"{PROGRAM} \\- {_roff(parser.description or '')}",
    ]
    for verb in verbs(parser):
        title = " ".join((PROGRAM, *verb.words))
        usage = " ".join(verb.parser.format_usage().split()).removeprefix("usage: ")
        lines += [f".SH {_roff(title.upper())}", f".B {_roff(usage)}", ".PP"]
        lines.append(_roff(verb.parser.description or ""))
        for words in (verb.tasks, verb.options):
            for name, text in words.items():
                lines += [".TP", f".B {_roff(name)}", _roff(text)]
        lines += [".PP", ".nf", _roff(verb.parser.epilog or ""), ".fi"]
    return "\n".join(lines) + "\n"


def _roff(text: str) -> str:
    """Text that troff shows as it stands: no line of it is a command."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join(
        f"\\&{line}" if line[:1] in {".", "'"} else line for line in escaped.splitlines()
    )
