/* The controller's end of docs/protocol.md.
 *
 *     int main(void)
 *     {
 *         start the clock, the serial line, the sensors and the drives;
 *         controller_start("my exoskeleton");
 *         for (;;) {
 *             controller_step();
 *             feed the hardware's watchdog;
 *         }
 *     }
 */
#ifndef CONTROLLER_H
#define CONTROLLER_H

#include "framing.h"

/* Power-up: find the posture from the joints. The name has up to 16 ASCII characters. */
void controller_start(const char *name);

/* Do all that is due: at least once a millisecond, telemetry and motion are as even as the calls. */
void controller_step(void);

/* What arrived and could not be used, since power-up. */
const struct line_errors *controller_errors(void);

#endif
