"""Text that is safe where it is shown, whatever a file calls its layers, and how wide it is."""

from __future__ import annotations

import re

# Control characters, line and paragraph separators, halves of pairs; then what is drawn as nothing
# or reorders what is drawn: Unicode's default ignorable code points, its interlinear marks, and
# the blank of Braille.
UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff"
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\u2800"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
# What a CI runner obeys: "::command::" at the start of a line, "##[command]", "##vso[command]" and
# "##teamcity[command]" anywhere.
COMMAND = re.compile(r"^(\s*):(?=:)|#(?=#\w*\[)")

ASCII = {
    "×": "x",
    "·": "*",
    "→": "->",
    "α": "alpha",
    "ρ": "rho",
    "∏": "prod ",
    "²": "^2",
    "³": "^3",
    "…": "~",
    "−": "-",
    "–": "-",
    "█": "#",
    **dict(zip("▏▎▍▌▋▊▉", ".:-=+*%", strict=True)),
    "≤": "<=",
    "≥": ">=",
    "Δ": "change",
    "∞": "inf",
}
NARROWEST = 20  # columns; text wraps at no fewer
HANG = "  "
TOGETHER = re.compile(
    r"(?<=[0-9]) (?=%|[kMG]\b)|(?<=\(line) |(?<=[≤≥]) |(?<=[<>]=) "
    r"| (?=(?:[·*=+/≤≥]|[<>]=) )"
)
"""Where no line breaks: between a number and its unit or limit, before what goes on."""
SAFE = re.compile(r"[\w \-.,×/()=+]*", re.ASCII)
"""What nothing can be a command in: most of what is ever shown."""
NARROW = re.compile("[ -~¡-˿α-ωΑ-Ω×·→…−–─█▏▎▍▌▋▊▉≤≥²³∞∏]*")
"""What is one column wide, each character; for all else there is a table."""


def width_of(text: str) -> int:
    """How many columns of a terminal the text takes."""
    if NARROW.fullmatch(text):
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def wrapped(text: str, width: int | None, indent: str = "") -> list[str]:
    """The text in lines that break at blanks alone; all but the first hang in a little."""
    if width is None or len(indent) + width_of(text) <= width:
        return [indent + text]
    import textwrap

    lines = textwrap.wrap(
        TOGETHER.sub("\u00a0", text),
        max(width, NARROWEST),
        initial_indent=indent,
        subsequent_indent=indent + HANG,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [line.replace("\u00a0", " ") for line in lines]


def plain(text: str) -> str:
    """One line of text in which nothing is a command to a terminal or to a CI runner.

    What would be is written as an escape that shows it: \\x1b, \\u202e, \\x3a:.
    """
    if SAFE.fullmatch(text):
        return text
    shown = UNPRINTABLE.sub(_escaped, text)
    return COMMAND.sub(lambda match: f"{match[1] or ''}{_escaped(match)}", shown)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0][-1])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def plain_lines(text: str) -> str:
    """The same for text of several lines, such as an error with the line that it quotes."""
    return "\n".join(map(plain, text.split("\n")))


def to_ascii(text: str) -> str:
    """The text in ASCII, for a stream that can show no more."""
    for symbol, replacement in ASCII.items():
        text = text.replace(symbol, replacement)
    return text.encode("ascii", "backslashreplace").decode("ascii")


def code(text: str) -> str:
    """The text as a Markdown code span, in which nothing is markup, a mention or a reference."""
    if not text:
        return ""
    shown = plain(text).replace("\\|", "\\x5c|").replace("|", "\\|")  # a cell ends at a bare bar
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", shown)), default=0))
    space = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{space}{shown}{space}{fence}"


def prose(text: str) -> str:
    """The text in Markdown outside code: markup escaped, bare links and mentions broken."""
    escaped = re.sub(r"([\\`*_{}\[\]<>#|~&])", r"\\\1", plain(text))
    escaped = re.sub(r"(?i)(https?|ftp|mailto|xmpp)(?=:)|www(?=\.)", r"\g<0>\\", escaped)
    return escaped.replace("@", "@\u2060")
