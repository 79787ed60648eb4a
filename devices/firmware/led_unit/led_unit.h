/* An LED unit: the protocol of docs/led-unit.md and the light of up to eight LEDs.
 *
 * Portable C99 without heap, floating point or operating system. A board adds four things:
 *   - call led_unit_init() once, with a function that sends bytes;
 *   - call led_unit_receive() with each byte that arrives;
 *   - call led_unit_advance() often, and set each LED to led_unit_level() from a timer interrupt
 *     (every 100 us is plenty: 1 % of a period at 100 Hz);
 *   - call led_unit_press_stop() when the stop button goes down.
 * Time is the board's own, in microseconds since power-up, 64 bits.
 */
#ifndef LED_UNIT_H
#define LED_UNIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LED_UNIT_MAX_LEDS 8
#define LED_UNIT_VERSION 1
#define LED_UNIT_PARTS 10000u
#define LED_UNIT_SILENCE_US 1000000u
#define LED_UNIT_MAX_BODY 120
#define LED_UNIT_MAX_STUFFED (LED_UNIT_MAX_BODY + 3)

typedef struct {
    uint32_t frequency_mhz;
    uint16_t phase, duty, brightness; /* ten-thousandths */
} led_setting;

typedef void (*led_unit_send)(void *context, const uint8_t *bytes, size_t length);

typedef struct {
    led_setting leds[LED_UNIT_MAX_LEDS];
    uint8_t led_count;
    bool lit, stopped;
    uint64_t started_us, heard_us;
    uint8_t pending[LED_UNIT_MAX_STUFFED];
    size_t pending_length;
    bool overlong;
    uint32_t dropped; /* whatever arrived and was no message */
    led_unit_send send;
    void *context;
} led_unit;

void led_unit_init(led_unit *unit, uint8_t led_count, led_unit_send send, void *context);
void led_unit_receive(led_unit *unit, uint8_t byte, uint64_t now_us);
void led_unit_advance(led_unit *unit, uint64_t now_us);
void led_unit_press_stop(led_unit *unit, uint64_t now_us);
uint16_t led_unit_level(const led_unit *unit, uint8_t led, uint64_t now_us);

#endif
