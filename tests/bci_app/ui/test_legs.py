import math

import pytest

from bci_app.ui.legs_panel import (
    _DRAWN_POINTS,
    FOOT_M,
    SHANK_M,
    THIGH_M,
    LegsPanel,
    hip_height,
    leg_points,
)


def test_standing_is_straight_and_sitting_is_square():
    knee, ankle, toe = leg_points(0, 0, 0)
    assert knee == pytest.approx((0, -THIGH_M))
    assert ankle == pytest.approx((0, -THIGH_M - SHANK_M))
    assert toe == pytest.approx((FOOT_M, -THIGH_M - SHANK_M))
    knee, ankle, _ = leg_points(90, 90, 0)
    assert knee == pytest.approx((THIGH_M, 0), abs=1e-12)
    assert ankle == pytest.approx((THIGH_M, -SHANK_M), abs=1e-12)


def test_flexion_goes_the_way_a_body_bends():
    assert leg_points(20, 0, 0)[0][0] > 0  # the thigh swings forward
    assert leg_points(0, 40, 0)[1][0] < 0  # the shank bends back
    assert leg_points(0, 0, 10)[2][1] > leg_points(0, 0, 0)[2][1]  # the toes rise


@pytest.mark.parametrize("angles", [(0, 0, 0), (35, 70, -15), (90, 90, 0), (-20, 5, -20)])
def test_limbs_keep_their_length(angles):
    knee, ankle, toe = leg_points(*angles)
    assert math.hypot(*knee) == pytest.approx(THIGH_M)
    assert math.dist(knee, ankle) == pytest.approx(SHANK_M)
    assert math.dist(ankle, toe) == pytest.approx(FOOT_M)


def test_no_foot_is_below_the_ground():
    legs = leg_points(-20, 10, -20), leg_points(30, 20, 0)
    height = hip_height(*legs)
    lowest = min(min(ankle[1], toe[1]) for _, ankle, toe in legs)
    assert height + lowest == pytest.approx(0.07)


def test_a_long_way_costs_no_more_to_draw_than_a_short_one(view, qt_app):
    panel = LegsPanel()
    view.track.clear()
    view.track.extend((0.02 * k, 0.0) for k in range(view.track.maxlen))
    panel.refresh(view)
    assert len(panel._way.track) <= _DRAWN_POINTS
    assert panel._way.track[0] == view.track[0]
