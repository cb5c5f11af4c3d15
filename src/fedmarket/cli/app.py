"""The program `fedmarket`: its commands, and the one place where every error becomes a sentence and a number."""

import os
import sys
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from traceback import print_exc
from typing import Annotated, Any, NoReturn

import typer

from fedmarket.cli.account_command import add_account
from fedmarket.cli.audit_command import add_audit
from fedmarket.cli.chain_command import add_chain
from fedmarket.cli.demo_command import add_demo
from fedmarket.cli.deploy_command import add_deploy
from fedmarket.cli.help import HelpfulGroup
from fedmarket.cli.language import FLAG, Words, choose_language
from fedmarket.cli.profile_command import add_profile
from fedmarket.cli.programs import PROGRAMS, Programs
from fedmarket.cli.provider_commands import add_provider
from fedmarket.cli.settings import configured_language
from fedmarket.cli.usage import usage_detail
from fedmarket.domain.errors import LANGUAGES, MarketError

DEBUG_VARIABLE = "FEDMARKET_DEBUG"
USAGE = 2
FAULT = 70
INTERRUPTED = 130
BROKEN_PIPE = 141
UsageFault: Any = typer.BadParameter.__base__
"""What typer raises for a wrong command line; its module differs between typer's versions."""


def main() -> NoReturn:
    """Run the command line of this process and exit with its code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    sys.exit(run(sys.argv[1:], os.environ))


def run(arguments: Sequence[str], environ: Mapping[str, str], programs: Programs = PROGRAMS) -> int:
    """Run one command line and return its exit code.

    0 ok, 1 an audit's FAIL, 2 usage, 3 refused by a rule, 4 unreachable, 70 a fault of this program,
    130 interrupted.
    """
    words = Words(LANGUAGES[0])
    try:
        words = Words(choose_language(arguments, environ, configured_language(arguments, environ)))
        code = build(words, programs, environ)(list(arguments), prog_name="fedmarket", standalone_mode=False)
        return _complain(words("interrupted"), INTERRUPTED) if code == INTERRUPTED else int(code or 0)
    except MarketError as error:
        return _complain(error.sentence(words.lang), error.exit_code)
    except UsageFault as error:
        command = error.ctx.command_path if error.ctx else "fedmarket"
        detail = usage_detail(error.format_message(), words)
        return _complain(words("usage", detail=detail, command=command), USAGE)
    except (KeyboardInterrupt, typer.Abort):
        return _complain(words("interrupted"), INTERRUPTED)
    except SystemExit as end:  # typer's answer to a reader that went away, with the 1 that means FAIL here
        return BROKEN_PIPE if isinstance(end.__context__, OSError) else int(end.code or 0)
    except Exception as error:  # noqa: BLE001 - the outermost line: whatever it is, say so in a sentence
        if environ.get(DEBUG_VARIABLE) == "1":
            print_exc()
        return _complain(words("fault", kind=type(error).__name__, detail=" ".join(str(error).split())[:300]), FAULT)


def build(words: Words, programs: Programs, environ: Mapping[str, str]) -> typer.Typer:
    """Return the program with its help in the words' language; commands read settings from `environ` too."""
    app = typer.Typer(
        cls=HelpfulGroup, add_completion=False, pretty_exceptions_enable=False, context_settings={"obj": words}
    )

    @app.callback(invoke_without_command=True, help=words("app_help"), epilog=words("examples_app"))
    def root(
        context: typer.Context,
        version: Annotated[bool, typer.Option("--version", help=words("opt_version"))] = False,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        if version:
            from importlib.metadata import version as installed

            typer.echo(f"fedmarket {installed('fedmarket')}")
        elif context.invoked_subcommand is None:
            typer.echo(context.get_help())

    add_demo(app, words, programs, environ)
    add_audit(app, words, programs, environ)
    add_provider(app, words)
    add_chain(app, words, environ)
    add_deploy(app, words, environ)
    add_account(app, words, environ)
    add_profile(app, words, environ)
    return app


def _complain(sentence: str, code: int) -> int:
    typer.echo(sentence, err=True)
    return code
