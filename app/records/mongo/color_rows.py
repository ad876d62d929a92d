"""Reports of colours as documents."""

from pymongo import ASCENDING, IndexModel

from app.records.mongo.tables import Row


class ColorReportRow(Row):
    """The newest report of a browser on an image."""

    image_id: str
    browser: int
    dominant_color: str
    palette: list[str]
    started_at_s: float
    ended_at_s: float
    reported_at: int

    class Settings:
        name = "color_reports"
        indexes = [IndexModel([("image_id", ASCENDING)])]
