from devices.headset.cyton.firmware import Firmware


def registers(*commands: bytes, daisy: bool = False) -> dict[str, int]:
    firmware = Firmware(daisy)
    for command in commands:
        firmware.receive(command, 0.0)
    listing = firmware.receive(b"?", 0.0).decode()
    assert listing.endswith("$$$")
    fields = [line.split(", ") for line in listing.splitlines() if line.count(", ") == 10]
    assert all(int("".join(f[3:]), 2) == int(f[2], 16) for f in fields)  # the bits say the same
    return {f"{name}{'+' * (k >= 24)}": int(v, 16) for k, (name, _, v, *_) in enumerate(fields)}


def test_registers_of_a_board_with_its_defaults():
    values = registers()
    assert len(values) == 24
    assert (values["ADS_ID"], values["CONFIG1"], values["LOFF"]) == (0x3E, 0x96, 0x02)
    assert values["CH1SET"] == 0x68  # gain 24, normal input, SRB2 closed
    assert values["BIAS_SENSP"] == values["BIAS_SENSN"] == 0xFF


def test_registers_follow_the_commands():
    values = registers(b"x2131011X", b"3", b"z401Z", b"z810Z")
    assert values["CH2SET"] == 0x80 | 0x30 | 0x01
    assert values["MISC1"] == 0x20
    assert values["CH3SET"] == 0xE0
    assert values["BIAS_SENSP"] == 0b11111001
    assert (values["LOFF_SENSP"], values["LOFF_SENSN"]) == (0b10000000, 0b00001000)
    assert registers(b"]")["CONFIG2"] == 0xD5
    assert registers(b"p")["CONFIG2"] == 0xD7


def test_a_daisy_has_registers_of_its_own():
    values = registers(b"xQ000110X", daisy=True)
    assert len(values) == 48
    assert (values["CH1SET"], values["CH1SET+"]) == (0x68, 0x08)


def test_no_register_is_read_while_samples_stream():
    firmware = Firmware()
    firmware.receive(b"b", 0.0)
    assert firmware.receive(b"?", 0.0) == b""
