"""How a statement looks: as Markdown, and as one HTML file that needs nothing else and prints on paper."""

import re
from collections.abc import Iterator
from html import escape

from fedmarket.cli.statement_page import Section, StatementPage

MARKS = re.compile(r"([\\`*_{}\[\]<>|~&])")
CODE = re.compile(r"(0x|sha256:)[0-9a-fA-F]+|\(0x[0-9a-fA-F, x]+\)")
"""Values that are shown as they are, in a typewriter's letters."""
STYLE = """
@page{size:A4;margin:11mm 14mm}
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;
max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1f2328;background:#fff}
h1{font-size:1.45rem;line-height:1.25;margin:0 0 .4rem}
h2{font-size:1.02rem;margin:1.15rem 0 .25rem;border-bottom:1px solid #d0d7de;padding-bottom:.15rem}
p{margin:.3rem 0}.lead{color:#59636e}
table{border-collapse:collapse;width:100%;margin:.35rem 0}
th,td{text-align:left;padding:.16rem .5rem .16rem 0;vertical-align:top;border-bottom:1px solid #eaeef2}
th{font-weight:400;color:#59636e;width:27%}td{font-variant-numeric:tabular-nums}
code,pre{font:12px/1.45 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
pre{white-space:pre-wrap;background:#f6f8fa;padding:.5rem .6rem;border-radius:4px;margin:.35rem 0}
@media (prefers-color-scheme:dark){body{color:#f0f6fc;background:#0d1117}.lead,th{color:#9198a1}
h2{border-color:#3d444d}th,td{border-color:#262c36}pre{background:#151b23}}
@media print{:root{color-scheme:light}body{font-size:9.2pt;line-height:1.3;margin:0;padding:0;max-width:none;
color:#000;background:#fff}.lead,th{color:#444}
h1{font-size:14pt}h2{font-size:10pt;margin:.5rem 0 .1rem;border-color:#bbb;break-after:avoid}
p,table,pre{margin:.15rem 0}code,pre{font-size:7.4pt}pre{background:none;border:1px solid #bbb;padding:.25rem .4rem}
th,td{border-color:#ddd;padding:.06rem .4rem .06rem 0}
section{break-inside:avoid}}
"""


def as_markdown(page: StatementPage) -> str:
    """Return the page as Markdown, every foreign character escaped."""
    lines = [f"# {_marked(page.title)}", "", _marked(page.lead)]
    for section in page.sections:
        lines += ["", f"## {_marked(section.heading)}", ""]
        lines += _markdown_section(section)
    return "\n".join(lines) + "\n"


def _markdown_section(section: Section) -> Iterator[str]:
    for place, said in enumerate(section.sentences):
        yield from (*([""] if place else []), _marked(said))
    if section.rows:
        yield from (*([""] if section.sentences else []), "| | |", "|---|---|")
    for label, value in section.rows:
        shown = f"`{value}`" if CODE.fullmatch(value) else _marked(value)
        yield f"| {_marked(label)} | {shown} |"
    if section.commands:
        yield from ("", "```sh", *section.commands, "```")


def _marked(text: str) -> str:
    return MARKS.sub(r"\\\1", text)


def as_html(page: StatementPage) -> str:
    """Return the page as one HTML document: no script, nothing loaded, every foreign character escaped."""
    title = escape(page.title)
    sections = "\n".join(_html_section(section) for section in page.sections)
    lang = {"zh": "zh-CN"}.get(page.lang, page.lang)
    return (
        f'<!doctype html>\n<html lang="{lang}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        f'<p class="lead">{escape(page.lead)}</p>\n{sections}\n</body>\n</html>\n'
    )


def _html_section(section: Section) -> str:
    said = "".join(f"<p>{escape(text)}</p>\n" for text in section.sentences)
    rows = "".join(
        f'<tr><th scope="row">{escape(label)}</th><td>{_value(value)}</td></tr>\n' for label, value in section.rows
    )
    table = f"<table>\n{rows}</table>\n" if rows else ""
    commands = "\n".join(map(escape, section.commands))
    shown = f"<pre>{commands}</pre>\n" if commands else ""
    return f"<section>\n<h2>{escape(section.heading)}</h2>\n{said}{table}{shown}</section>"


def _value(value: str) -> str:
    return f"<code>{escape(value)}</code>" if CODE.fullmatch(value) else escape(value)
