/* The line, the session and the requests of docs/protocol.md. */
#include <string.h>

#include "motion.h"

enum { BODY_MOST = 120, CRC_BYTES = 2, STUFFED_MOST = BODY_MOST + CRC_BYTES + 1 };
enum { VERSION = 1, NAME_BYTES = 16, TELEMETRY_PERIOD_MS = 20, LIFETIME_MS = 1000 };
enum { SHORTEST_MS = 200, LONGEST_MS = 2000, HEARTBEATS_PER_TIMEOUT = 10 }; /* timeouts */
#define NO_NUMBER UINT32_MAX
enum { READ_MOST = 128 }; /* bytes a step: no flood holds up the legs */

/* The messages of docs/protocol.md, and the widths of their fields in bytes. */
enum { HELLO = 1, HEARTBEAT, COMMAND_REQUEST, EMERGENCY, RELEASE_STOP, GOODBYE, HOST_TYPES };
static const char *const HOST_FIELDS[HOST_TYPES] = {"", "4112", "424", "4241", "2", "4242", "4"};
enum { WELCOME = 0x81, REFUSED, HEARTBEAT_REPLY, ACKNOWLEDGEMENT, REFUSAL, STOPPED, TELEMETRY };
static const char *const FIELDS[] = {"412224" "1111111111111111", "4111", "42", "42", "421", "22",
                                     "44121212" "222222" "222222" "4424"};
enum { CAUSE_VERSION = 1, CAUSE_BUSY, CAUSE_SESSION_OVER };
enum { HEARTBEAT_LOST = 1, LOW_BATTERY = 2, JOINT_STUCK = 4, POWER_LOST = 8 };

static struct {
    uint32_t powered_up_ms, telemetry_ms;
    const char *name;
    uint8_t arrived[STUFFED_MOST]; /* since the last zero; the body when a frame is whole */
    size_t arrived_count;          /* one more than fits when there were too many */
    struct line_errors errors;
    bool button_was_pressed, heartbeat_lost, power_lost;
    uint32_t session, past_session; /* 0 for none */
    uint32_t timeout_ms, fresh_ms;  /* the watchdog, and when it began anew */
    bool answered;                  /* whether there was a request in this session, which, how */
    uint16_t last_sequence;
    enum reason last_answer;
    bool stop_latched;
    uint32_t stop_number; /* or NO_NUMBER: by the button, or at power-up */
    uint16_t stop_count;
} self;

const struct line_errors *controller_errors(void) { return &self.errors; }

/* CRC-16/IBM-3740, bit by bit: 3 kB/s need no table. */
static uint16_t crc16(const uint8_t *bytes, size_t count) {
    uint16_t crc = 0xFFFF;
    for (size_t i = 0; i < count; i++) {
        crc = (uint16_t)(crc ^ (unsigned)bytes[i] << 8);
        for (int bit = 0; bit < 8; bit++)
            crc = (uint16_t)((unsigned)crc << 1 ^ (crc & 0x8000U ? 0x1021U : 0U));
    }
    return crc;
}

/* Undo the stuffing in place, towards the front; return the length left, 0 when it is no COBS. */
static size_t unstuff(uint8_t *bytes, size_t count) {
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

/* Take one byte that arrived; return the length of the body that it completes, mostly 0. */
static size_t take(uint8_t byte) {
    const size_t count = self.arrived_count;
    if (byte != 0) {
        if (count < STUFFED_MOST)
            self.arrived[count] = byte;
        self.arrived_count += count <= STUFFED_MOST;
        return 0;
    }
    self.arrived_count = 0;
    const bool fits = count >= 1 + CRC_BYTES + 1 && count <= STUFFED_MOST;
    const size_t length = fits ? unstuff(self.arrived, count) : 0;
    self.errors.length += count > 0 && !fits;
    self.errors.stuffing += fits && length == 0;
    if (length == 0)
        return 0;
    const uint8_t *crc = self.arrived + length - CRC_BYTES;
    const bool intact = crc16(self.arrived, length - CRC_BYTES) == (crc[0] | (unsigned)crc[1] << 8);
    self.errors.checksum += !intact;
    return intact ? length - CRC_BYTES : 0;
}

/* Find the fields of a message from the host; false when it is none. */
static bool parse(const uint8_t *body, size_t length, uint32_t *values) {
    if (body[0] < HELLO || body[0] >= HOST_TYPES)
        return false;
    size_t at = 1;
    for (const char *width = HOST_FIELDS[body[0]]; *width != '\0'; width++, values++) {
        *values = 0;
        for (int i = 0; i < *width - '0'; i++)
            *values |= (uint32_t)body[at++] << 8 * i;
    }
    return at == length;
}

/* Send a message to the host. */
static void send(uint8_t type, const uint32_t *values) {
    uint8_t body[BODY_MOST + CRC_BYTES] = {type}, frame[1 + STUFFED_MOST + 1] = {0};
    size_t length = 1, code_at = 1, end = 2; /* where the next code byte goes, and the next byte */
    for (const char *width = FIELDS[type - WELCOME]; *width != '\0'; width++, values++)
        for (int i = 0; i < *width - '0'; i++)
            body[length++] = (uint8_t)(*values >> 8 * i & 0xFF);
    const uint16_t crc = crc16(body, length);
    body[length++] = (uint8_t)(crc & 0xFF);
    body[length++] = (uint8_t)(crc >> 8);
    for (size_t i = 0; i < length; i++) {
        frame[end++] = body[i];
        if (body[i] == 0) { /* becomes the code byte of the next run */
            frame[code_at] = (uint8_t)(end - 1 - code_at);
            code_at = end - 1;
        }
    }
    frame[code_at] = (uint8_t)(end - code_at);
    board_write(frame, end + 1);
}

static bool is_open(uint32_t session) { return session != 0 && session == self.session; }
static bool fresh(uint32_t seen_ms, uint32_t now_ms) { return now_ms - seen_ms <= LIFETIME_MS; }

static void end_session(bool silent, uint32_t now_ms) {
    self.past_session = self.session;
    self.session = 0;
    self.heartbeat_lost = silent;
    (void)motion_happen(REST, now_ms);
}

static void on_hello(const uint32_t *hello, uint32_t now_ms) {
    const uint32_t session = hello[0], lowest = hello[1], highest = hello[2], asked_ms = hello[3];
    const uint32_t cause = lowest > VERSION || highest < VERSION            ? CAUSE_VERSION
                           : session == self.past_session                   ? CAUSE_SESSION_OVER
                           : self.session != 0 && !is_open(session)       ? CAUSE_BUSY
                                                                            : 0;
    if (cause != 0) {
        send(REFUSED, (uint32_t[]){session, cause, VERSION, VERSION});
        return;
    }
    if (self.session == 0) {
        self.session = session;
        const uint32_t at_least_ms = asked_ms < SHORTEST_MS ? SHORTEST_MS : asked_ms;
        self.timeout_ms = at_least_ms > LONGEST_MS ? LONGEST_MS : at_least_ms;
        self.fresh_ms = now_ms;
        self.answered = self.heartbeat_lost = false;
    }
    uint32_t values[6 + NAME_BYTES] = {session, VERSION, self.timeout_ms / HEARTBEATS_PER_TIMEOUT,
                                       self.timeout_ms, LIFETIME_MS, now_ms};
    for (int i = 0; i < NAME_BYTES && self.name[i] != '\0'; i++)
        values[6 + i] = (uint8_t)self.name[i];
    send(WELCOME, values);
}

static void latch(uint32_t number, uint32_t now_ms) {
    if (self.stop_latched && number != NO_NUMBER && number == self.stop_number)
        return; /* a repetition */
    self.stop_latched = true;
    self.stop_number = number;
    self.stop_count++;
    (void)motion_happen(EMERGENCY_STOP, now_ms);
}

static enum reason release(uint32_t stop_count, uint32_t now_ms) {
    if (stop_count != self.stop_count)
        return WRONG_STOP;
    if (motion_status()->failed || motion_status()->button_pressed)
        return NOT_IN_FAULT; /* the cause persists */
    self.stop_latched = self.power_lost = false;
    motion_release(now_ms);
    return ACCEPTED;
}

static enum reason decide(uint8_t type, uint32_t seen_ms, uint32_t what, uint32_t now_ms) {
    return !fresh(seen_ms, now_ms)  ? STALE
           : type == RELEASE_STOP   ? release(what, now_ms)
           : what >= COMMANDS       ? UNKNOWN_COMMAND
                                    : motion_happen((enum happening)what, now_ms);
}

static void on_request(uint8_t type, const uint32_t *request, uint32_t now_ms) {
    const uint32_t session = request[0];
    const uint16_t sequence = (uint16_t)request[1];
    const uint16_t ahead = (uint16_t)(sequence - self.last_sequence);
    if (is_open(session) && self.answered && ahead >= 0x8000)
        return; /* from before: its host has given it up */
    if (is_open(session) && !(self.answered && ahead == 0)) {
        self.answered = true;
        self.last_sequence = sequence;
        self.last_answer = decide(type, request[2], request[3], now_ms);
    }
    const enum reason reason = is_open(session) ? self.last_answer : NO_SESSION;
    send(reason == ACCEPTED ? ACKNOWLEDGEMENT : REFUSAL, (uint32_t[]){session, sequence, reason});
}

static void on_frame(const uint8_t *body, size_t length, uint32_t now_ms) {
    const uint8_t type = body[0];
    uint32_t values[4];
    if (!parse(body, length, values) || (type == HELLO && values[0] == 0)) {
        self.errors.content++;
        return;
    }
    if (type == EMERGENCY) {
        latch(values[0], now_ms);
        send(STOPPED, (uint32_t[]){values[0], self.stop_count});
    } else if (type == HELLO) {
        on_hello(values, now_ms);
    } else if (type == COMMAND_REQUEST || type == RELEASE_STOP) {
        on_request(type, values, now_ms);
    } else if (type == HEARTBEAT && is_open(values[0])) {
        send(HEARTBEAT_REPLY, values);
        if (fresh(values[2], now_ms))
            self.fresh_ms = now_ms;
    } else if (type == GOODBYE && is_open(values[0])) {
        end_session(false, now_ms);
    }
}

static void send_telemetry(uint32_t now_ms) {
    const struct status *status = motion_status();
    struct joints joints;
    board_read_joints(&joints);
    const uint32_t faults = (self.heartbeat_lost ? HEARTBEAT_LOST : 0U)
                            | (motion_low_battery() ? LOW_BATTERY : 0U)
                            | (motion_posture() == FAULT ? JOINT_STUCK : 0U)
                            | (self.power_lost ? POWER_LOST : 0U);
    uint32_t values[] = {
        self.session, now_ms, motion_posture(), faults, self.stop_latched, self.stop_count,
        status->battery_percent, motion_gait_phase(now_ms), [8 + 2 * JOINTS] =
        (uint32_t)status->x_mm, (uint32_t)status->y_mm, (uint32_t)status->heading_cdeg,
        status->distance_mm};
    for (int i = 0; i < JOINTS; i++) {
        values[8 + i] = (uint32_t)joints.angle_cdeg[i];
        values[8 + JOINTS + i] = (uint32_t)joints.velocity_ddeg_per_s[i];
    }
    send(TELEMETRY, values);
}

void controller_start(const char *name) {
    memset(&self, 0, sizeof self);
    self.telemetry_ms = UINT32_C(0) - TELEMETRY_PERIOD_MS;
    self.name = name;
    self.powered_up_ms = board_time_ms();
    motion_start(0);
    self.stop_count = self.stop_latched = self.power_lost = motion_held();
    self.stop_number = NO_NUMBER;
}

void controller_step(void) {
    const uint32_t now_ms = board_time_ms() - self.powered_up_ms;
    /* What was due by now happens first, each at its own time; then what arrives. */
    if (self.session != 0 && now_ms - self.fresh_ms >= self.timeout_ms) {
        motion_settle(self.fresh_ms + self.timeout_ms);
        end_session(true, self.fresh_ms + self.timeout_ms);
    }
    motion_settle(now_ms);
    motion_watch(now_ms);
    if (motion_status()->button_pressed && !self.button_was_pressed)
        latch(NO_NUMBER, now_ms);
    self.button_was_pressed = motion_status()->button_pressed;
    uint8_t bytes[READ_MOST];
    const size_t count = board_read(bytes, sizeof bytes);
    for (size_t i = 0; i < count; i++) {
        const size_t length = take(bytes[i]);
        if (length > 0)
            on_frame(self.arrived, length, now_ms);
    }
    motion_drive(now_ms);
    const uint32_t silent_ms = now_ms - self.telemetry_ms;
    if (silent_ms >= TELEMETRY_PERIOD_MS) { /* at its grid; when a whole period late, a new one */
        const bool late = silent_ms >= 2 * TELEMETRY_PERIOD_MS;
        self.telemetry_ms = late ? now_ms : self.telemetry_ms + TELEMETRY_PERIOD_MS;
        send_telemetry(now_ms);
    }
}
