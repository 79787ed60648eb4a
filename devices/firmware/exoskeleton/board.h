/* All between this controller and the hardware: six functions that a board has to fill in, and
 * three that its program calls. The README beside this file shows that program. */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Left hip, knee, ankle, right hip, knee, ankle. Flexion and dorsiflexion are positive; all angles
 * are 0 when standing upright; seated, hips and knees are at 90 degrees. */
enum { JOINTS = 6 };
struct joints {
    int16_t angle_cdeg[JOINTS];          /* 0.01 degree */
    int16_t velocity_ddeg_per_s[JOINTS]; /* 0.1 degree a second */
};
struct status {
    uint8_t battery_percent; /* 0 to 100 */
    bool button_pressed;     /* the emergency-stop button on the exoskeleton */
    bool failed;             /* a drive, a sensor, anything that forbids motion, while it lasts */
    int32_t x_mm, y_mm;      /* where the body is, as docs/protocol.md says; 0 if unknown */
    int16_t heading_cdeg;
    uint32_t distance_mm;
};
/* What arrived and could not be used, counted by cause. */
struct line_errors { uint32_t length, stuffing, checksum, content; };

/* To be filled in. None may wait; they are called from the functions below and nowhere else.
 *
 * 1. Milliseconds of a clock that never stops nor jumps; may start anywhere, wraps at 2^32. */
uint32_t board_time_ms(void);
/* 2. Fetch up to `most` bytes that have arrived; return how many, 0 when there are none. */
size_t board_read(uint8_t *bytes, size_t most);
/* 3. Send `count` bytes, at most 125, or drop them all when they do not fit into the buffer. */
void board_write(const uint8_t *bytes, size_t count);
/* 4. Measure the joints. */
void board_read_joints(struct joints *measured);
/* 5. Report the rest of the hardware. */
void board_read_status(struct status *status);
/* 6. Make the drives follow: the angles and velocities of this moment, every 5 ms, and the rate at
 * which the body shall turn, counter-clockwise, for who can (hip rotation, unequal steps). */
void board_move(const struct joints *wanted, int16_t yaw_cdeg_per_s);

/* To be called. Power-up: find the posture from the joints. The name: up to 16 ASCII letters. */
void controller_start(const char *name);
/* Do all that is due; at least once a millisecond. */
void controller_step(void);
const struct line_errors *controller_errors(void);

#endif
