#include "framing.h"

#include "board.h"

/* CRC-16/IBM-3740, bit by bit: 3 kB/s need no table. */
static uint16_t crc16(const uint8_t *bytes, size_t count)
{
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < count; i++) {
        crc = (uint16_t)(crc ^ (unsigned)bytes[i] << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)((unsigned)crc << 1 ^ (crc & 0x8000U ? 0x1021U : 0U));
    }
    return crc;
}

/* Undo the stuffing in place; return the length without it, 0 when it is no COBS. The bytes move
 * towards the front only, and there are never fewer read than written. */
static size_t unstuff(uint8_t *bytes, size_t count)
{
    size_t in = 0, out = 0;
    while (in < count) {
        size_t run = bytes[in++] - 1U; /* no byte is 0: a zero ends the frame */
        if (run > count - in)
            return 0;
        while (run-- > 0)
            bytes[out++] = bytes[in++];
        if (in < count)
            bytes[out++] = 0;
    }
    return out;
}

static size_t unpack(struct frame_reader *reader, size_t count)
{
    if (count < 1 + CRC_BYTES + 1) {
        reader->errors.length++;
        return 0;
    }
    size_t length = unstuff(reader->bytes, count);
    if (length == 0) {
        reader->errors.stuffing++;
        return 0;
    }
    length -= CRC_BYTES;
    const uint8_t *sent = reader->bytes + length;
    if (crc16(reader->bytes, length) != (sent[0] | (unsigned)sent[1] << 8)) {
        reader->errors.checksum++;
        return 0;
    }
    return length;
}

size_t frame_take(struct frame_reader *reader, uint8_t byte)
{
    if (byte != 0) {
        if (reader->count < STUFFED_MOST) {
            reader->bytes[reader->count++] = byte;
        } else if (!reader->overlong) {
            reader->overlong = true;
            reader->errors.length++;
        }
        return 0;
    }
    size_t count = reader->overlong ? 0 : reader->count;
    reader->count = 0;
    reader->overlong = false;
    return count == 0 ? 0 : unpack(reader, count);
}

void frame_send(const uint8_t *body, size_t length)
{
    uint8_t frame[1 + STUFFED_MOST + 1] = {0};
    uint16_t crc = crc16(body, length);
    const uint8_t tail[CRC_BYTES] = {(uint8_t)(crc & 0xFF), (uint8_t)(crc >> 8)};
    size_t code_at = 1, end = 2; /* where the next code byte goes, and the next byte */
    for (size_t i = 0; i < length + CRC_BYTES; i++) {
        uint8_t byte = i < length ? body[i] : tail[i - length];
        if (byte != 0) {
            frame[end++] = byte;
        } else {
            frame[code_at] = (uint8_t)(end - code_at);
            code_at = end++;
        }
    }
    frame[code_at] = (uint8_t)(end - code_at);
    frame[end++] = 0;
    board_write(frame, end);
}
