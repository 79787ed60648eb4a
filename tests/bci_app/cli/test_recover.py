import json


def test_a_cut_off_session_is_recovered(bci_app, session):
    session.write_bytes(session.read_bytes()[:-3000])
    run = bci_app("recover", session, "--json")
    figures = json.loads(run.out)
    assert run.code == 0
    assert not figures["was_whole"]
    assert figures["duration_s"] > 20
    assert bci_app("replay", figures["recovered"], "--check").code == 0
    again = bci_app("recover", figures["recovered"])
    assert again.code == 0
    assert "is whole" in again.out
    refused = bci_app("recover", session)
    assert refused.code == 1
    assert "--out" in refused.err
    run = bci_app("recover", session, "--out", session.with_name("b.xdf"))
    assert "written to" in run.out
    assert session.with_name("b.xdf").is_file()


def test_what_is_no_session_is_said(bci_app, recording):
    run = bci_app("recover", recording)
    assert run.code == 1
    assert "is not the recording of a session" in run.err
    assert bci_app("recover", recording.with_name("absent.xdf")).code == 1
