/* The unit on a desk: a program that takes lines and prints answers, for the tests.
 *
 *   R <microseconds> <hex>   bytes arrive          -> A <hex>
 *   S <microseconds>         the button is pressed -> A <hex>
 *   L <microseconds>         look at the LEDs      -> L <level> <level> ...
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "led_unit.h"

static void print_hex(void *context, const uint8_t *bytes, size_t length)
{
    (void)context;
    for (size_t i = 0; i < length; i++)
        printf("%02x", bytes[i]);
}

int main(int argc, char **argv)
{
    static char line[65536];
    led_unit unit;
    led_unit_init(&unit, argc > 1 ? (uint8_t)atoi(argv[1]) : LED_UNIT_MAX_LEDS, print_hex, NULL);
    while (fgets(line, sizeof line, stdin) != NULL) {
        uint64_t now_us = 0;
        int used = 0;
        unsigned byte;
        if (sscanf(line + 1, "%" SCNu64 " %n", &now_us, &used) != 1)
            return 2;
        if (line[0] == 'L') {
            led_unit_advance(&unit, now_us);
            printf("L");
            for (uint8_t led = 0; led < unit.led_count; led++)
                printf(" %u", (unsigned)led_unit_level(&unit, led, now_us));
        } else {
            printf("A ");
            if (line[0] == 'S')
                led_unit_press_stop(&unit, now_us);
            for (const char *hex = line + 1 + used; line[0] == 'R' && sscanf(hex, "%2x", &byte) == 1; hex += 2)
                led_unit_receive(&unit, (uint8_t)byte, now_us);
        }
        printf("\n");
        fflush(stdout);
    }
    return 0;
}
