"""What a container says does not depend on whether trafilatura was asked where nothing is in doubt."""

import pytest
from lxml.html import fromstring

from pipelines.extraction import extract

PROSE = "<p>Sáng nay, đoàn công tác của Tỉnh ủy Hoa Ban đã về thăm xã Suối Mây và làm việc với cấp ủy địa phương.</p>"
LIST = "<ul><li>Giữ vững kỷ cương;</li><li>Đổi mới cách làm.</li></ul>"
RELATED = '<p>Tin liên quan</p><ul><li><a href="/a-1.html">Hoa Ban vào mùa lễ hội mới</a></li></ul>'
HALF = '<ul><li><a href="/b-2.html">Suối Mây được mùa lúa nương trên núi cao</a> (15/3)</li></ul>'


@pytest.mark.parametrize("inside", [PROSE, PROSE + LIST, PROSE * 3 + RELATED, PROSE + HALF, LIST, ""])
def test_the_vote_changes_nothing_where_no_block_is_in_doubt(inside: str) -> None:
    container = fromstring(f"<div>{inside}</div>")
    assert extract(container, "").blocks == extract(container, "", compare=True).blocks
