"""How long ago something was, whatever happened to the clock."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from qbwc_bridge.domain.ages import due

MOMENTS = st.timedeltas(dt.timedelta(), dt.timedelta(days=7000)).map(
    lambda passed: dt.datetime(2020, 1, 1, tzinfo=dt.UTC) + passed
)
SPANS = st.timedeltas(dt.timedelta(), dt.timedelta(days=4000))


@given(MOMENTS, SPANS, SPANS)
def test_a_moment_ahead_counts_like_one_as_far_behind(
    now: dt.datetime, apart: dt.timedelta, every: dt.timedelta
) -> None:
    """Due once as much time lies between, on either side; and where nothing was yet."""
    assert due(now - apart, now, every) == due(now + apart, now, every) == (apart >= every)
    assert due(None, now, every)
