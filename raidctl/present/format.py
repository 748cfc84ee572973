"""What a report can be written as."""

from enum import StrEnum


class Format(StrEnum):
    """What a report can be written as."""

    TABLE = "table"
    DETAIL = "detail"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    MARKDOWN = "markdown"
    HTML = "html"
