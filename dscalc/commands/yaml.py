"""`dscalc yaml`: a network as a file of the language, to edit and to scale."""

from __future__ import annotations

from typing import Annotated

import typer

from dscalc.commands.options import OUTPUT, FormOption, NetworkArgument, SettingOptions, StemOption


def yaml(
    network: NetworkArgument,
    setting: SettingOptions,
    form: FormOption = None,
    stem: StemOption = False,
    file: Annotated[
        str | None,
        typer.Option(
            "--output", metavar="FILE", help="Write a file, whole.", rich_help_panel=OUTPUT
        ),
    ] = None,
) -> None:
    """A network as a YAML file, with α and all else written out.

    Examples:
      dscalc yaml mobilenet --alpha 0.5 --resolution 160
      dscalc yaml resnet50 --as separable --output separable.yaml
    """
    from dscalc.commands.options import converted
    from dscalc.commands.output import write
    from dscalc.language.writer import network_text
    from dscalc.models.source import load_at

    text = network_text(converted(load_at(network, setting), form, stem))
    if file is None:
        write(text, "yaml")
    else:
        from dscalc.render.writing import write_whole

        write_whole({file: text})
