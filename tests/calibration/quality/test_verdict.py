from calibration.quality import ElectrodeQuality, Grade, Problem, decide

GOOD = ElectrodeQuality("Oz", Grade.GOOD)
DRY = ElectrodeQuality("O1", Grade.DOUBTFUL, Problem.DRY, "50 Hz hum of 30 µV", "more gel")
FLAT = ElectrodeQuality("O2", Grade.BAD, Problem.FLAT, "flat", "plug it in")


def test_all_good_is_a_go_without_a_word():
    assert decide([GOOD, GOOD]) == (verdict := decide([GOOD]))
    assert (verdict.go, verdict.reasons) == (True, ())


def test_a_doubtful_electrode_is_told_and_in_nobodys_way():
    verdict = decide([GOOD, DRY])
    assert verdict.go
    assert verdict.reasons == ("O1: 50 Hz hum of 30 µV: more gel",)


def test_a_bad_one_is_a_no_go_and_comes_first():
    verdict = decide([DRY, GOOD, FLAT])
    assert not verdict.go
    assert verdict.reasons == ("O2: flat: plug it in", "O1: 50 Hz hum of 30 µV: more gel")


def test_a_bad_one_that_the_decoder_does_not_use_is_only_told():
    verdict = decide([GOOD, FLAT], needed=["Oz"])
    assert verdict.go
    assert verdict.reasons == ("O2: flat: plug it in",)


def test_what_is_wrong_with_all_is_said_once_and_the_reference_is_to_be_checked():
    bad = [
        ElectrodeQuality(name, Grade.BAD, Problem.RAILED, "at its limit", "press it on")
        for name in ("Oz", "O1", "O2")
    ]
    (reason,) = decide(bad).reasons
    assert "all electrodes" in reason
    assert "reference" in reason
    assert len(decide([*bad, GOOD]).reasons) == 3
