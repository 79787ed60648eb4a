#include "led_unit.h"

#include <string.h>

#define NANOCYCLES 1000000000u
#define NANOCYCLES_A_PART (NANOCYCLES / LED_UNIT_PARTS)
#define MIN_FREQUENCY_MHZ 500u
#define MAX_FREQUENCY_MHZ 100000u

enum { HELLO = 0x01, CONFIGURE, START, DARKEN, RELEASE, PING };
enum { INFO = 0x81, DONE, REFUSED, PONG, STOP_PRESSED };
enum { NO_SUCH_LED = 1, OUT_OF_RANGE, STOPPED };

static const char name[16] = "bci-app led unit"; /* 16 characters, no zero after them */

static uint16_t crc16(const uint8_t *bytes, size_t length)
{
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < length; i++) {
        crc ^= (uint16_t)(bytes[i] << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)(crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1);
    }
    return crc;
}

static uint64_t get(const uint8_t *bytes, size_t length)
{
    uint64_t value = 0;
    while (length--)
        value = value << 8 | bytes[length];
    return value;
}

static size_t put(uint8_t *bytes, uint64_t value, size_t length)
{
    for (size_t i = 0; i < length; i++, value >>= 8)
        bytes[i] = (uint8_t)value;
    return length;
}

/* Body of at most 28 bytes: one COBS block does. */
static void send_body(led_unit *unit, uint8_t *body, size_t length)
{
    uint8_t frame[36];
    size_t code_at = 1, end = 2;
    length += put(body + length, crc16(body, length), 2);
    frame[0] = 0;
    for (size_t i = 0; i < length; i++) {
        if (body[i]) {
            frame[end++] = body[i];
        } else {
            frame[code_at] = (uint8_t)(end - code_at);
            code_at = end++;
        }
    }
    frame[code_at] = (uint8_t)(end - code_at);
    frame[end++] = 0;
    unit->send(unit->context, frame, end);
}

static void send_done(led_unit *unit, uint64_t sequence, uint64_t now_us)
{
    uint8_t body[16] = {DONE};
    size_t length = 1 + put(body + 1, sequence, 2);
    length += put(body + length, now_us, 8);
    send_body(unit, body, length);
}

static void send_refused(led_unit *unit, uint64_t sequence, uint8_t reason)
{
    uint8_t body[8] = {REFUSED};
    size_t length = 1 + put(body + 1, sequence, 2);
    body[length++] = reason;
    send_body(unit, body, length);
}

static void configure(led_unit *unit, const uint8_t *body, uint64_t now_us)
{
    uint64_t sequence = get(body + 1, 2);
    uint8_t led = body[3];
    led_setting wanted;
    wanted.frequency_mhz = (uint32_t)get(body + 4, 4);
    wanted.phase = (uint16_t)get(body + 8, 2);
    wanted.duty = (uint16_t)get(body + 10, 2);
    wanted.brightness = (uint16_t)get(body + 12, 2);
    if (led >= unit->led_count) {
        send_refused(unit, sequence, NO_SUCH_LED);
    } else if (wanted.frequency_mhz < MIN_FREQUENCY_MHZ || wanted.frequency_mhz > MAX_FREQUENCY_MHZ ||
               wanted.phase >= LED_UNIT_PARTS || wanted.duty > LED_UNIT_PARTS ||
               wanted.brightness > LED_UNIT_PARTS) {
        send_refused(unit, sequence, OUT_OF_RANGE);
    } else {
        unit->leds[led] = wanted;
        send_done(unit, sequence, now_us);
    }
}

static bool answer(led_unit *unit, const uint8_t *body, size_t length, uint64_t now_us)
{
    uint8_t reply[28];
    uint64_t first = length >= 3 ? get(body + 1, 2) : 0;
    size_t end;
    if (body[0] == HELLO && length == 2) {
        reply[0] = INFO;
        reply[1] = LED_UNIT_VERSION;
        reply[2] = unit->led_count;
        memcpy(reply + 3, name, sizeof name);
        send_body(unit, reply, 3 + sizeof name);
    } else if (body[0] == CONFIGURE && length == 14) {
        configure(unit, body, now_us);
    } else if (body[0] == START && length == 3) {
        if (unit->stopped) {
            send_refused(unit, first, STOPPED);
        } else {
            unit->started_us = now_us;
            unit->lit = true;
            send_done(unit, first, now_us);
        }
    } else if (body[0] == DARKEN && length == 3) {
        unit->lit = false;
        send_done(unit, first, now_us);
    } else if (body[0] == RELEASE && length == 3) {
        unit->stopped = false;
        send_done(unit, first, now_us);
    } else if (body[0] == PING && length == 3) {
        reply[0] = PONG;
        end = 1 + put(reply + 1, first, 2);
        reply[end++] = unit->stopped;
        end += put(reply + end, now_us, 8);
        send_body(unit, reply, end);
    } else {
        return false;
    }
    return true;
}

/* Unpacks the pending stretch in place; 0 when it is no frame. */
static size_t unpack(led_unit *unit)
{
    uint8_t *bytes = unit->pending;
    size_t length = unit->pending_length, from = 0, to = 0;
    if (length < 4)
        return 0;
    while (from < length) {
        size_t code = bytes[from++];
        if (from + code - 1 > length)
            return 0;
        for (size_t i = 1; i < code; i++)
            bytes[to++] = bytes[from++];
        if (from < length && code < 0xFF)
            bytes[to++] = 0;
    }
    if (to < 3 || crc16(bytes, to - 2) != get(bytes + to - 2, 2))
        return 0;
    return to - 2;
}

void led_unit_init(led_unit *unit, uint8_t led_count, led_unit_send send, void *context)
{
    memset(unit, 0, sizeof *unit);
    unit->led_count = led_count < LED_UNIT_MAX_LEDS ? led_count : LED_UNIT_MAX_LEDS;
    for (uint8_t led = 0; led < unit->led_count; led++)
        unit->leds[led] = (led_setting){10000, 0, LED_UNIT_PARTS / 2, 0};
    unit->send = send;
    unit->context = context;
}

void led_unit_receive(led_unit *unit, uint8_t byte, uint64_t now_us)
{
    led_unit_advance(unit, now_us);
    if (byte == 0) {
        if (unit->overlong) {
            unit->dropped++;
        } else if (unit->pending_length > 0) {
            size_t length = unpack(unit);
            if (length > 0 && answer(unit, unit->pending, length, now_us))
                unit->heard_us = now_us;
            else
                unit->dropped++;
        }
        unit->pending_length = 0;
        unit->overlong = false;
    } else if (unit->pending_length < sizeof unit->pending) {
        unit->pending[unit->pending_length++] = byte;
    } else {
        unit->overlong = true;
    }
}

void led_unit_advance(led_unit *unit, uint64_t now_us)
{
    if (unit->lit && now_us - unit->heard_us > LED_UNIT_SILENCE_US)
        unit->lit = false;
}

void led_unit_press_stop(led_unit *unit, uint64_t now_us)
{
    uint8_t body[16] = {STOP_PRESSED};
    unit->lit = false;
    unit->stopped = true;
    send_body(unit, body, 1 + put(body + 1, now_us, 8));
}

uint16_t led_unit_level(const led_unit *unit, uint8_t led, uint64_t now_us)
{
    if (!unit->lit || led >= unit->led_count)
        return 0;
    const led_setting *setting = &unit->leds[led];
    /* Microseconds times thousandths of a hertz are billionths of a period: exact for years. */
    uint64_t place = (now_us - unit->started_us) * setting->frequency_mhz;
    place = (place + (uint64_t)setting->phase * NANOCYCLES_A_PART) % NANOCYCLES;
    return place < (uint64_t)setting->duty * NANOCYCLES_A_PART ? setting->brightness : 0;
}
