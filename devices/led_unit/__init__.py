"""A unit of flickering LEDs on a serial line, for a walking person who carries no monitor."""
