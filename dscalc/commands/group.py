"""The commands that there are, each made only when it is asked for."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from dscalc import __version__

COMMANDS = {
    "layer": "layer:layer",
    "net": "net:net",
    "memory": "memory:memory",
    "list": "list:list_networks",
    "sweep": "sweep:sweep",
    "fit": "fit:fit",
    "choose": "choose:choose",
    "explain": "explain:explain",
    "verify": "verify:verify",
    "budget": "budget:budget",
    "check": "check:check",
    "diff": "diff:diff",
    "yaml": "yaml:yaml",
    "schema": "schema:schema",
}
"""Each command's module in dscalc.commands and its function there."""


EXAMPLES = r"\n\n(Examples|Try first):\n"
"""What divides the text of a help page from the commands that it shows."""


NARROWEST, USUAL = 30, 52  # columns of a terminal


class Helpful:
    """Help in what standard output can show, where α and ρ stand for numbers, with examples."""

    def get_help(self, ctx: Any) -> str:
        from shutil import get_terminal_size

        from dscalc.commands.output import encodable

        columns = get_terminal_size().columns
        if NARROWEST <= columns < USUAL:  # which Typer takes for no less
            ctx.terminal_width = columns - 2
        text: str = super().get_help(ctx)  # type: ignore[misc]
        return encodable(text, sys.stdout)

    def format_help_text(self, ctx: Any, formatter: Any) -> None:
        """The text, then the examples, each in a line of its own that can be pasted."""
        text, heading, examples = re.split(EXAMPLES, self.help)  # type: ignore[attr-defined]
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(text)
        with formatter.section(heading):
            for line in examples.splitlines():
                formatter.write(f"  {line.strip()}\n")


class GroupedCommand(Helpful, TyperCommand):
    """Shows the options of a bundle together, under the heading that their `rich_help_panel` is.

    Typer does so with Rich markup alone, which takes its time to load. While a command works,
    whoever watches is told what it is at, if it takes long.
    """

    def invoke(self, ctx: Any) -> Any:
        from dscalc.commands.progress import shown

        with shown(ctx.command_path):
            return super().invoke(ctx)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        from dscalc.commands.options import LIMITS, OUTPUT, SETTING, TERMS

        order = ("Arguments", SETTING, TERMS, LIMITS, OUTPUT)
        sections: dict[str, list[tuple[str, str]]] = {heading: [] for heading in order}
        for param in self.get_params(ctx):
            usual = "Arguments" if param.param_type_name == "argument" else "Options"
            record = param.get_help_record(ctx)
            if record is not None:
                heading = getattr(param, "rich_help_panel", None) or usual
                sections.setdefault(heading, []).append(record)
        own = [heading for heading in sections if heading not in (*order, "Options")]
        for heading in ("Arguments", *own, *order[1:], "Options"):
            if records := sections.get(heading):
                with formatter.section(heading):
                    formatter.write_dl(records, col_max=min(30, formatter.width // 2))


class LazyGroup(Helpful, TyperGroup):
    """Makes only the command that was asked for: Typer takes a quarter of a millisecond for
    every option, and a dozen commands have a hundred of them."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        from dscalc.commands.bundles import expanded

        module, function = COMMANDS[cmd_name].split(":")
        command = getattr(import_module(f"dscalc.commands.{module}"), function)
        program = typer.Typer(add_completion=False, rich_markup_mode=None)
        program.command(cmd_name, cls=GroupedCommand)(expanded(command))
        return typer.main.get_command(program)


app = typer.Typer(
    name="dscalc",
    cls=LazyGroup,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"dscalc {__version__}")
        raise typer.Exit


@app.callback()
def dscalc(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="The version."),
    ] = False,
) -> None:
    """What depthwise separable convolutions, and the networks built of them, cost.

    Parameters and mult-adds (one multiplication and one addition), exact to the integer.

    Try first:
      dscalc net mobilenet
      dscalc layer --df 64 --m 3 --n 4 --k 3
      dscalc net --help
    """
