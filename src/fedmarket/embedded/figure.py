"""The demo's picture as SVG: skill by round on the left, contributions beside what is owed on the right."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean
from xml.sax.saxutils import escape

from fedmarket.domain.errors import sentence
from fedmarket.embedded.demo_world import local_name
from fedmarket.embedded.report import Comparison, ProviderLine, TaskReport

PPB = 1_000_000_000
CENT = 10**16
WIDTH = 980
TOP, LEFT, RIGHT = 96, 56, 430
ROW = 47
TEST_X = 456
LABEL_GAP = 15
"""Least distance between two labels' base lines."""
BELOW = 0.06
"""Room under a negative skill, in units of skill."""
BARS, BARS_END = 606, 740
OWED, OWED_END = 814, 956
DIGIT = 7.7
"""Width that a digit of an amount may take."""
STYLE = """
text{font:12px system-ui,-apple-system,"Segoe UI","PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
text{fill:#1f2328}.muted{fill:#59636e}.gold{fill:#9a6700}.head{font-size:16px}.head,.panel{font-weight:600}
.end{text-anchor:end}.middle{text-anchor:middle}
.halo{stroke:#fff;stroke-width:4px;paint-order:stroke;stroke-linejoin:round}
.card{fill:#fff;stroke:#d0d7de}.grid{stroke:#e6eaef}.axis{stroke:#8c959f}
.curve{fill:none;stroke:#0969da;stroke-width:2.5;stroke-linejoin:round}.dot,.federated{fill:#0969da}
.best{fill:#fff;stroke:#0969da;stroke-width:2.5}.target{stroke:#9a6700;stroke-dasharray:6 4;stroke-width:1.5}
.pooled{fill:#8250df;stroke:#8250df}.alone{fill:#6e7781;stroke:#6e7781}
.reference{stroke-width:1;stroke-dasharray:1 4;stroke-linecap:round}
.gain{fill:#54aeff}.harm{fill:#ff8182}.error{stroke:#1f2328;stroke-width:1.5}.owed{fill:#4ac26b}
@media (prefers-color-scheme:dark){
text{fill:#f0f6fc}.muted{fill:#9198a1}.gold{fill:#d29922}.halo{stroke:#0d1117}
.card{fill:#0d1117;stroke:#3d444d}.grid{stroke:#262c36}.axis{stroke:#656c76}
.curve{stroke:#4493f8}.dot,.federated{fill:#4493f8}.best{fill:#0d1117;stroke:#4493f8}.target{stroke:#d29922}
.pooled{fill:#ab7df8;stroke:#ab7df8}.alone{fill:#9198a1;stroke:#9198a1}
.gain{fill:#1f6feb}.harm{fill:#da3633}.error{stroke:#f0f6fc}.owed{fill:#238636}
}
"""


@dataclass(frozen=True)
class _Scale:
    """Maps values from `low` to `high` onto pixels from `start` to `end`."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def draw(report: TaskReport, comparison: Comparison | None, lang: str = "en") -> str:
    """Return the picture of a settled task as an SVG document, for light and dark pages, words in `lang`.

    Test losses of `comparison` are put on the skill axis by the validation set's loss of the class shares,
    which the test set shares up to chance.
    """
    bottom = TOP + ROW * max(6, len(report.providers))
    height = bottom + 56
    escrow = _cents(report.escrow).removesuffix(".00")
    title = _say("title", lang, providers=len(report.providers), rounds=len(report.rounds), escrow=escrow)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" lang="{lang}" role="img" '
        'aria-labelledby="title desc">',
        f'<title id="title">{escape(title)}</title>',
        f'<desc id="desc">{escape(_describe(report, comparison, lang))}</desc>',
        f"<style>{STYLE}</style>",
        f'<rect class="card" x=".5" y=".5" width="{WIDTH - 1}" height="{height - 1}" rx="8"/>',
        _text(24, 36, title, "head"),
        *_skill_panel(report, comparison, lang, bottom),
        *_provider_panel(report.providers, lang, bottom),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _skill_panel(report: TaskReport, comparison: Comparison | None, lang: str, bottom: float) -> list[str]:
    skills = [report.skill_initial_ppb / PPB, *(line.skill_ppb / PPB for line in report.rounds)]
    tests = _test_skills(report, comparison) if comparison else {}
    lowest = min(0.0, *skills, *tests.values())
    y = _Scale(lowest - BELOW if lowest < 0 else 0.0, 1.0, bottom, TOP)
    x = _Scale(0, max(1, len(report.rounds)), LEFT, RIGHT)
    parts = [_text(24, 70, _say("skill", lang), "panel"), *_grid(x, y, lang, bottom)]
    parts += _test_marks(tests, y, lang, bottom)
    if report.skill_target_ppb is not None:
        target = report.skill_target_ppb / PPB
        parts.append(_line(LEFT, y(target), RIGHT, y(target), "target"))
        parts.append(_text(LEFT + 6, y(target) - 6, _say("target", lang, target=target), "gold halo"))
    points = [(x(place), y(skill)) for place, skill in enumerate(skills)]
    parts.append(f'<polyline class="curve" points="{" ".join(f"{a:.1f},{b:.1f}" for a, b in points)}"/>')
    parts += [_circle(a, b, 3, "dot") for a, b in points]
    a, b = points[report.best_round]
    parts.append(_circle(a, b, 5, "best"))
    best = _say("best", lang, skill=skills[report.best_round], round=report.best_round)
    anchor = "end" if a > RIGHT - 60 else "middle" if a > LEFT + 60 else ""
    parts.append(_text(a, b + 22, best, f"panel halo {anchor}".strip()))
    level = max(points[0][1] + 4, y(0) + 16) if skills[0] < 0 else points[0][1] + 4
    parts.append(_text(LEFT + 10, level, _say("start", lang, skill=skills[0]), "muted halo"))
    return parts


def _grid(x: _Scale, y: _Scale, lang: str, bottom: float) -> list[str]:
    parts = []
    for tenth in range(0, 11, 2):
        level = y(tenth / 10)
        parts.append(_line(LEFT, level, RIGHT, level, "axis" if tenth == 0 else "grid"))
        parts.append(_text(LEFT - 8, level + 4, f"{tenth / 10:.1f}", "muted end"))
    step = max(1, round(x.high / 6))
    for number in range(0, int(x.high) + 1, step):
        parts.append(_text(x(number), bottom + 20, str(number), "muted middle"))
    parts.append(_text((LEFT + RIGHT) / 2, bottom + 38, _say("round", lang), "muted middle"))
    return parts


def _test_marks(tests: dict[str, float], y: _Scale, lang: str, bottom: float) -> list[str]:
    if not tests:
        return []
    parts = [_line(TEST_X, TOP, TEST_X, bottom, "grid"), _text(TEST_X, bottom + 20, _say("test_set", lang), "muted")]
    ordered = sorted(tests.items(), key=lambda item: -item[1])
    for (name, skill), level in zip(ordered, _apart([y(skill) for _, skill in ordered]), strict=True):
        if name != "federated":
            parts.append(_line(LEFT, y(skill), TEST_X, y(skill), f"reference {name}"))
        parts.append(_circle(TEST_X, y(skill), 5, name))
        parts.append(_text(TEST_X + 12, level + 4, _say(name, lang, skill=skill)))
    return parts


def _provider_panel(providers: Sequence[ProviderLine], lang: str, bottom: float) -> list[str]:
    reach = [(line.score_ppb - line.stderr_ppb, line.score_ppb + line.stderr_ppb) for line in providers]
    low, high = min(0, *(a for a, _ in reach)), max(1, *(b for _, b in reach))
    x = _Scale(low / PPB, high / PPB, BARS, BARS_END)
    most = max(1, *(line.owed for line in providers))
    room = OWED_END - OWED - DIGIT * max(len(_cents(line.owed)) for line in providers)
    parts = [
        _text(BARS, 70, _say("contribution", lang), "panel"),
        _text(OWED, 70, _say("owed", lang), "panel"),
    ]
    for place, line in enumerate(providers):
        top = TOP + ROW * place
        parts += _contribution(line, x, top, lang)
        width = room * line.owed / most
        parts += [_line(axis, top + 11, axis, top + 31, "axis") for axis in (x(0), OWED)]
        parts.append(f'<rect class="owed" x="{OWED}" y="{top + 14}" width="{width:.1f}" height="14"/>')
        parts.append(_text(OWED + width + 6, top + 25, _cents(line.owed)))
    return parts


def _contribution(line: ProviderLine, x: _Scale, top: float, lang: str) -> list[str]:
    score, error = line.score_ppb / PPB, line.stderr_ppb / PPB
    begin, end = sorted((x(0), x(score)))
    name, weight = local_name(line.name, lang), _say("weight", lang, count=line.weight)
    parts = [
        f'<text x="{BARS}" y="{top + 6}">{escape(name)} <tspan class="muted">· {escape(weight)}</tspan></text>',
        f'<rect class="{"harm" if score < 0 else "gain"}" x="{begin:.1f}" y="{top + 14}" '
        f'width="{end - begin:.1f}" height="14"/>',
        _text(max(x(0), x(score + error)) + 6, top + 25, f"{score:.3f}"),
    ]
    if error:
        low, high, middle = x(score - error), x(score + error), top + 21
        parts.append(_line(low, middle, high, middle, "error"))
        parts += [_line(edge, middle - 4, edge, middle + 4, "error") for edge in (low, high)]
    return parts


def _test_skills(report: TaskReport, comparison: Comparison) -> dict[str, float]:
    shares_loss = report.initial_loss / (1 - report.skill_initial_ppb / PPB)
    losses = {"federated": comparison.federated.loss, "pooled": comparison.pooled.loss}
    if comparison.alone:
        losses["alone"] = fmean(quality.loss for quality in comparison.alone.values())
    return {name: 1 - loss / shares_loss for name, loss in losses.items()}


def _apart(levels: list[float]) -> list[float]:
    """Return heights for labels, in the same order from the top, no two closer than LABEL_GAP."""
    placed: list[float] = []
    for level in levels:
        placed.append(max(level, placed[-1] + LABEL_GAP) if placed else level)
    return placed


def _describe(report: TaskReport, comparison: Comparison | None, lang: str) -> str:
    tests = _test_skills(report, comparison) if comparison and comparison.alone else None
    target = report.skill_target_ppb
    lines = (
        _say(
            "desc_provider",
            lang,
            name=local_name(line.name, lang),
            contribution=line.score_ppb / PPB,
            error=line.stderr_ppb / PPB,
            owed=_cents(line.owed),
        )
        for line in report.providers
    )
    return _say(
        "desc",
        lang,
        initial=report.skill_initial_ppb / PPB,
        final=report.skill_final_ppb / PPB,
        best=report.best_round,
        target="" if target is None else _say("desc_target", lang, target=target / PPB),
        providers=_say("desc_separator", lang).join(lines),
        test=_say("desc_test", lang, **tests) if tests else "",
    )


def _cents(amount: int) -> str:
    """Return base units as tokens with two decimals, the rest cut off."""
    whole, cents = divmod(amount // CENT, 100)
    return f"{whole:,}.{cents:02d}"


def _text(x: float, y: float, text: str, classes: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{classes}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, classes: str) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{classes}"/>'


def _circle(x: float, y: float, radius: float, classes: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" class="{classes}"/>'


def _say(name: str, lang: str, /, **params: object) -> str:
    return sentence(f"figure.{name}", lang, **params)
