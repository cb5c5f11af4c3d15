"""A wrong command line in our own words: the parser's sentences, which are English, told again in every language."""

import re

from fedmarket.cli.language import Words

SENTENCES = (
    ("no_option", re.compile(r"No such option:? '?(?P<name>[^' ]+?)'?\.?(?: .*)?")),
    ("no_command", re.compile(r"No such command '(?P<name>.*?)'\.?.*")),
    ("missing", re.compile(r"Missing (?:argument|option|parameter) '(?P<name>.*?)'.*")),
    ("no_value", re.compile(r"Option '(?P<name>.*?)' requires an argument\.?")),
    ("no_flag_value", re.compile(r"Option '(?P<name>.*?)' does not take a value\.?")),
    ("extra", re.compile(r"Got unexpected extra arguments? \((?P<name>.*)\)\.?")),
    ("not_whole", re.compile(r"Invalid value for '(?P<name>.*?)': '(?P<value>.*)' is not a valid int.*")),
    ("not_number", re.compile(r"Invalid value for '(?P<name>.*?)': '(?P<value>.*)' is not a valid float.*")),
    ("range", re.compile(r"Invalid value for '(?P<name>.*?)': (?P<value>\S+) is not in the range (?P<range>.*?)\.?")),
    ("choice", re.compile(r"Invalid value for '(?P<name>.*?)': '(?P<value>.*)' is not one of (?P<range>.*?)\.?")),
)
"""What a user of ours can bring the parser to say, and the catalogue's `usage_<name>` for each."""


def usage_detail(message: str, words: Words) -> str:
    """Return the parser's English `message` in the words' language; as it is where it is none that we know."""
    for name, pattern in SENTENCES:
        found = pattern.fullmatch(message)
        if found:
            return words(f"usage_{name}", **found.groupdict())
    return message
