"""The report in any of its formats."""

from raidctl.core.report import Report
from raidctl.present.format import Format


def render(
    report: Report,
    form: str,
    *,
    width: int = 80,
    colour: bool = False,
    hyperlinks: bool = False,
) -> str:
    """The report in one of `FORMATS`; width (in columns), colour and links are the table's.

    Raises `ValueError` for another format. Only what the format needs is imported: a program
    that asks for JSON does not wait for rich.
    """
    match Format(form):
        case Format.TABLE:
            from raidctl.present.report.summary import quiet

            if not colour and (text := quiet(report, width)) is not None:
                return text  # most runs of cron: rich need not be loaded
            from raidctl.present.report.table import render_table

            return render_table(report, width=width, colour=colour, hyperlinks=hyperlinks)
        case Format.JSON:
            from raidctl.present.report.json import render_json

            return render_json(report)
        case Format.JSONL:
            from raidctl.present.report.json import render_jsonl

            return render_jsonl(report)
        case Format.CSV:
            from raidctl.present.report.csv import render_csv

            return render_csv(report)
        case Format.MARKDOWN:
            from raidctl.present.report.markdown import render_markdown

            return render_markdown(report)
