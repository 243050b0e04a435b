"""The one time zone of these sites."""

from zoneinfo import ZoneInfo

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
"""+07:00, no summer time."""
