"""The program `fedmarket`: its commands, and the one place where every error becomes a sentence and a number."""

import os
import sys
from collections.abc import Mapping, Sequence
from traceback import print_exc
from typing import Annotated, Any, NoReturn

import typer

from fedmarket.cli.account_command import add_accounts
from fedmarket.cli.audit_command import add_audit
from fedmarket.cli.chain_command import add_chain_up
from fedmarket.cli.dataset_command import add_dataset
from fedmarket.cli.demo_command import add_demo
from fedmarket.cli.deploy_command import add_deploy
from fedmarket.cli.help import HelpfulGroup
from fedmarket.cli.language import FLAG, Words, choose_language
from fedmarket.cli.preview_command import add_preview
from fedmarket.cli.profile_command import add_profile_show
from fedmarket.cli.programs import PROGRAMS, Programs
from fedmarket.cli.provider_commands import add_statement
from fedmarket.cli.settings import configured_language
from fedmarket.cli.streams import flushed, prepare_streams
from fedmarket.cli.task_command import add_task
from fedmarket.cli.try_command import add_try
from fedmarket.cli.usage import usage_detail
from fedmarket.domain.errors import LANGUAGES, MarketError, SystemFault

DEBUG_VARIABLE = "FEDMARKET_DEBUG"
USAGE = 2
UNREACHABLE = 4
FAULT = 70
INTERRUPTED = 130
BROKEN_PIPE = 141
UsageFault: Any = typer.BadParameter.__base__
"""What typer raises for a wrong command line; its module differs between typer's versions."""


def main() -> NoReturn:
    """Run the command line of this process and exit with its code."""
    prepare_streams()
    code = run(sys.argv[1:], os.environ)
    unwritten = flushed()
    if unwritten and code == 0:
        code = BROKEN_PIPE if isinstance(unwritten, BrokenPipeError) else _unwritable(unwritten, Words(LANGUAGES[0]))
    sys.exit(code)


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
    except OSError as error:
        return _unwritable(error, words)
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
    add_try(app, words, programs.run_trial)
    add_audit(app, words, programs, environ)
    provider = _group(app, "provider", words)
    add_preview(provider, words, programs.preview_task)
    add_statement(provider, words)
    add_dataset(_group(app, "dataset", words), words, environ)
    add_task(_group(app, "task", words), words, programs.open_record)
    add_chain_up(_group(app, "chain", words), words, environ)
    add_deploy(app, words, environ)
    add_accounts(_group(app, "account", words), words, environ)
    add_profile_show(_group(app, "profile", words), words, environ)
    return app


def _unwritable(error: OSError, words: Words) -> int:
    """Say that standard output takes nothing more: files of ours have refusals of their own."""
    return _complain(words("output_unwritable", detail=SystemFault.of(error)), UNREACHABLE)


def _group(app: typer.Typer, name: str, words: Words) -> typer.Typer:
    """Add a group of commands called by a noun and return it; without a command it shows its help."""
    group = typer.Typer(cls=HelpfulGroup)

    @group.callback(invoke_without_command=True, help=words(f"{name}_help"), epilog=words(f"examples_{name}"))
    def noun(
        context: typer.Context,
        lang: Annotated[str, typer.Option(FLAG, metavar="en|zh", help=words("opt_lang"))] = words.lang,
    ) -> None:
        if context.invoked_subcommand is None:
            typer.echo(context.get_help())

    app.add_typer(group, name=name)
    return group


def _complain(sentence: str, code: int) -> int:
    typer.echo(sentence, err=True)
    return code
