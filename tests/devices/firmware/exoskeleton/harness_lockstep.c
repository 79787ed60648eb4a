/* The controller in the time that a test tells it: records in on standard input, answers out.
 *
 *     harness NAME ANGLE_CDEG x 6
 *
 * A record is: jump_ms u32, steps u16, battery u8, button u8, failed u8, stuck u8 (a bit a joint),
 * reboot u8, count u8, then `count` bytes; all in the machine's byte order. The clock goes on by
 * jump_ms at once, then by steps of 1 ms with the controller at work in each; then the bytes arrive.
 * The answer is a u32, so many bytes that the controller wrote, and a struct report. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "board.h"

struct record {
    uint32_t jump_ms;
    uint16_t steps;
    uint8_t battery, button, failed, stuck, reboot, count;
};

struct report {
    struct line_errors errors;
    struct joints joints, wanted;
    int16_t yaw_cdeg_per_s;
    int16_t padding;
};

static uint32_t clock_ms = 0xFFFFFF00U; /* so that the board's clock wraps around in every run */
static struct record record;
static uint8_t arriving[256], written[1 << 22];
static size_t arriving_count, written_count;
static struct report report;

uint32_t board_time_ms(void) { return clock_ms; }

size_t board_read(uint8_t *bytes, size_t most) {
    const size_t count = arriving_count < most ? arriving_count : most;
    memcpy(bytes, arriving, count);
    memmove(arriving, arriving + count, arriving_count - count);
    arriving_count -= count;
    return count;
}

void board_write(const uint8_t *bytes, size_t count) {
    if (count > 125 || written_count + count > sizeof written)
        abort();
    memcpy(written + written_count, bytes, count);
    written_count += count;
}

void board_read_joints(struct joints *measured) { *measured = report.joints; }

void board_read_status(struct status *status) {
    memset(status, 0, sizeof *status);
    status->battery_percent = record.battery;
    status->button_pressed = record.button != 0;
    status->failed = record.failed != 0;
    status->x_mm = -123456;
    status->y_mm = 654321;
    status->heading_cdeg = -17999;
    status->distance_mm = 4000000000U;
}

void board_move(const struct joints *wanted, int16_t yaw_cdeg_per_s) {
    report.wanted = *wanted;
    report.yaw_cdeg_per_s = yaw_cdeg_per_s;
    for (int i = 0; i < JOINTS; i++) {
        const int stuck = record.stuck >> i & 1;
        report.joints.angle_cdeg[i] = stuck ? report.joints.angle_cdeg[i] : wanted->angle_cdeg[i];
        report.joints.velocity_ddeg_per_s[i] =
            (int16_t)(stuck ? 0 : wanted->velocity_ddeg_per_s[i]);
    }
}

int main(int count, char **words) {
    if (count != 2 + JOINTS)
        return 2;
    for (int i = 0; i < JOINTS; i++)
        report.joints.angle_cdeg[i] = (int16_t)atoi(words[2 + i]);
    controller_start(words[1]);
    while (fread(&record, sizeof record, 1, stdin) == 1) {
        if (fread(arriving, 1, record.count, stdin) != record.count)
            return 1;
        if (record.reboot) {
            memset(report.joints.velocity_ddeg_per_s, 0, sizeof report.joints.velocity_ddeg_per_s);
            controller_start(words[1]);
        }
        clock_ms += record.jump_ms;
        for (int i = 0; i < record.steps; i++) {
            clock_ms++;
            controller_step();
        }
        arriving_count = record.count;
        while (arriving_count > 0)
            controller_step();
        report.errors = *controller_errors();
        const uint32_t bytes = (uint32_t)written_count;
        if (fwrite(&bytes, sizeof bytes, 1, stdout) != 1 ||
            fwrite(written, 1, bytes, stdout) != bytes ||
            fwrite(&report, sizeof report, 1, stdout) != 1 || fflush(stdout) != 0)
            return 1;
        written_count = 0;
    }
    return 0;
}
