/* Frames on the line: a body and its CRC-16, byte-stuffed with COBS between zero bytes. */
#ifndef FRAMING_H
#define FRAMING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BODY_MOST = 120, CRC_BYTES = 2, STUFFED_MOST = BODY_MOST + CRC_BYTES + 1 };

struct line_errors {
    uint32_t length, stuffing, checksum, content;
};

struct frame_reader {
    uint8_t bytes[STUFFED_MOST]; /* what came since the last zero; the body when a frame is whole */
    uint8_t count;
    bool overlong;
    struct line_errors errors;
};

/* Take one byte that arrived; return the length of the body that it completes, mostly 0. */
size_t frame_take(struct frame_reader *reader, uint8_t byte);

/* Send a body of 1 to BODY_MOST bytes. */
void frame_send(const uint8_t *body, size_t length);

#endif
