/* The postures, and how the joints move in each. */
#include <string.h>

#include "motion.h"

enum { CONTROL_PERIOD_MS = 5, STRIDE_MS = 2400, GAIT_POINTS = 24, POINT_MS = 100 };
enum { HALT_MS = 250 };                      /* how fast an emergency stop brings joints to rest */
enum { ASTRAY_CDEG = 500, ASTRAY_MS = 100 }; /* a joint so far off for so long has failed */
enum { NEAR_CDEG = 300, HALF_SEATED_CDEG = 4500 }; /* how a posture is found at power-up */
enum { TURN_CDEG_PER_S = 1000, LOW_BATTERY_PERCENT = 15 };

/* Fractions are fixed-point, in units of 1 / ONE; there is no floating point in here. Products are
 * 64 bits wide, and divided, not shifted: C leaves open what a shift makes of a negative number. */
#define ONE INT64_C(65536)

/* The table of docs/protocol.md, row by row; NO: refused, and why. */
enum { NO = 0x80, SEATED = NO | NOT_SEATED, WALKS = NO | NOT_WALKING };
enum { BUSY = NO | NOT_IN_TRANSITION, STOPPED = NO | NOT_STOPPED, FAILED = NO | NOT_IN_FAULT };
static const uint8_t TABLE[POSTURES][HAPPENINGS] = {
/* STOP, STAND, SIT, WALK, TURN_LEFT, TURN_RIGHT, DONE, REST, EMERGENCY_STOP, FAILURE */
{SITTING, STANDING_UP, SITTING, SEATED, SEATED, SEATED, SITTING, SITTING, SAFE_STOP, FAULT},
{STANDING_UP, STANDING_UP, BUSY, BUSY, BUSY, BUSY, STANDING, STANDING_UP, SAFE_STOP, FAULT},
{STANDING, STANDING, SITTING_DOWN, WALKING, TURNING, TURNING, STANDING, STANDING, SAFE_STOP, FAULT},
{STEPPING, STEPPING, BUSY, BUSY, BUSY, BUSY, STANDING, STEPPING, SAFE_STOP, FAULT},
{STEPPING, STEPPING, WALKS, WALKING, TURNING, TURNING, WALKING, STEPPING, SAFE_STOP, FAULT},
{STEPPING, STEPPING, WALKS, BUSY, BUSY, BUSY, STEPPING, STEPPING, SAFE_STOP, FAULT},
{SITTING_DOWN, BUSY, SITTING_DOWN, BUSY, BUSY, BUSY, SITTING, SITTING_DOWN, SAFE_STOP, FAULT},
{SAFE_STOP, STOPPED, STOPPED, STOPPED, STOPPED, STOPPED, SAFE_STOP, SAFE_STOP, SAFE_STOP, FAULT},
{FAULT, FAILED, FAILED, FAILED, FAILED, FAILED, FAULT, FAULT, FAULT, FAULT},
};

static const int16_t SEATED_CDEG[JOINTS] = {9000, 9000, 0, 9000, 9000, 0};
static const int16_t UPRIGHT_CDEG[JOINTS] = {0};

/* Of each posture: how long it lasts if it ends by itself, how long the legs take to go over into
 * it, to which pose if to one, with which amplitude of the gait, and where a release leads. */
struct plan { uint16_t duration_ms, blend_ms; const int16_t *pose_cdeg; int32_t amplitude;
              enum posture after_release; };
static const struct plan PLAN[POSTURES] = {
    [SITTING] = {0, HALT_MS, NULL, 0, SITTING},
    [STANDING_UP] = {3000, 3000, UPRIGHT_CDEG, 0, SITTING_DOWN},
    [STANDING] = {0, HALT_MS, NULL, 0, STANDING},
    [STEPPING] = {1000, 1000, UPRIGHT_CDEG, 0, STEPPING},
    [WALKING] = {0, 1000, NULL, ONE, STEPPING},
    [TURNING] = {3000, 1000, NULL, ONE * 2 / 5, STEPPING},
    [SITTING_DOWN] = {3000, 3000, SEATED_CDEG, 0, SITTING_DOWN},
    [SAFE_STOP] = {0, HALT_MS, NULL, 0, SAFE_STOP}, [FAULT] = {0, HALT_MS, NULL, 0, FAULT},
};

/* Hip, knee and ankle over a stride from the strike of the heel: the shape of D. A. Winter, The
 * Biomechanics and Motor Control of Human Gait (1987), true to it within a few degrees. */
static const int16_t GAIT_CDEG[JOINTS / 2][GAIT_POINTS] = {
    {1995, 1947, 1848, 1671, 1421, 1108, 751, 375, 5, -339, -641, -886,
     -1053, -1093, -936, -543, 37, 688, 1295, 1773, 2065, 2159, 2117, 2044},
    {400, 1076, 1714, 1990, 1931, 1669, 1301, 927, 641, 481, 467, 675,
     1202, 2090, 3284, 4604, 5739, 6361, 6309, 5599, 4313, 2657, 1115, 288},
    {-79, -359, -454, -184, 219, 434, 495, 616, 791, 885, 936, 957,
     643, -254, -1357, -1918, -1657, -989, -431, -139, -19, 37, 85, 86},
};

/* A quantity and its rate of change a second. */
struct course { int64_t at, rate; };
/* What moves: the joints (cdeg), the body's turning (cdeg/s), the amplitude of gait (in ONE). */
enum { YAW = JOINTS, AMPLITUDE, QUANTITIES };

/* All movement is one formula: where the posture wants a quantity, plus what it lacked of that in
 * place and speed when the posture began, faded out by quintics. So nothing jumps, whatever
 * follows upon whatever, and an emergency stop is one more posture. */
static struct {
    enum posture posture, caught;
    uint32_t entered_ms, driven_ms, followed_ms, stride_ms; /* the last: the left heel struck */
    bool blended; /* the blend into this posture is over */
    int64_t rest[QUANTITIES]; /* where the posture wants them, joints in gait apart */
    struct course lack[QUANTITIES], wanted[QUANTITIES]; /* when it began; now */
    struct joints measured, told; /* what the sensors said, and what the drives were told last */
    struct status status;
} legs;

static bool in_gait(enum posture posture) { return posture == WALKING || posture == TURNING; }
enum posture motion_posture(void) { return legs.posture; }
bool motion_held(void) { return legs.posture >= SAFE_STOP; }
bool motion_low_battery(void) { return legs.status.battery_percent < LOW_BATTERY_PERCENT; }
const struct status *motion_status(void) { return &legs.status; }

uint32_t motion_gait_phase(uint32_t now_ms) {
    const uint32_t since_ms = (now_ms - legs.stride_ms) % STRIDE_MS;
    return in_gait(legs.posture) ? since_ms * 10000 / STRIDE_MS : 0;
}

static int64_t times(int64_t a, int64_t b) { return a * b / ONE; }

/* A joint at a time of the stride: cubics through the points of the table. */
static struct course gait(int joint, uint32_t now_ms) {
    const int16_t *points = GAIT_CDEG[joint % 3];
    const uint32_t at_ms = now_ms - legs.stride_ms + (joint < 3 ? 0 : STRIDE_MS / 2);
    const uint32_t i = at_ms / POINT_MS + GAIT_POINTS;
    const int64_t f = at_ms % POINT_MS * ONE / POINT_MS;
    const int64_t before = points[(i - 1) % GAIT_POINTS], here = points[i % GAIT_POINTS];
    const int64_t next = points[(i + 1) % GAIT_POINTS], after = points[(i + 2) % GAIT_POINTS];
    const int64_t b = next - before, c = 2 * before - 5 * here + 4 * next - after; /* twice each */
    const int64_t d = 3 * (here - next) + after - before;
    return (struct course){
        here + times(f, b * ONE + f * c + times(f, f * d)) / (2 * ONE),
        (b * ONE + 2 * f * c + 3 * times(f, f * d)) * 1000 / POINT_MS / (2 * ONE)};
}

/* Where the posture wants a quantity, the amplitude being known. */
static struct course aim(int i, uint32_t now_ms) {
    if (i >= JOINTS || !in_gait(legs.posture))
        return (struct course){legs.rest[i], 0};
    const struct course joint = gait(i, now_ms), scale = legs.wanted[AMPLITUDE];
    return (struct course){times(joint.at, scale.at),
                           times(joint.rate, scale.at) + times(joint.at, scale.rate)};
}

/* Find where all should be, at a time not before the last one. */
static void want(uint32_t now_ms) {
    const int64_t span_ms = PLAN[legs.posture].blend_ms, elapsed_ms = now_ms - legs.entered_ms;
    legs.blended = legs.blended || elapsed_ms >= span_ms;
    const int64_t u = legs.blended ? ONE : elapsed_ms * ONE / span_ms, u2 = times(u, u);
    const int64_t left = ONE - times(times(u2, u), 10 * ONE - 15 * u + 6 * u2);
    const int64_t left_rate = -30 * times(u2, times(ONE - u, ONE - u)) * 1000 / span_ms;
    const int64_t carry_ms = times(u, ONE - times(u2, 6 * ONE - 8 * u + 3 * u2)) * span_ms;
    const int64_t carry_slope = ONE - times(u2, 18 * ONE - 32 * u + 15 * u2);
    while (now_ms - legs.stride_ms >= STRIDE_MS && in_gait(legs.posture))
        legs.stride_ms += STRIDE_MS;
    for (int i = QUANTITIES - 1; i >= 0; i--) { /* the amplitude first */
        const struct course lack = legs.lack[i], goal = aim(i, now_ms);
        legs.wanted[i] = (struct course){
            goal.at + times(lack.at, left) + times(lack.rate, carry_ms) / 1000,
            goal.rate + times(lack.at, left_rate) + times(lack.rate, carry_slope)};
    }
}

static void enter(enum posture posture, int yaw_cdeg_per_s, uint32_t now_ms) {
    if (posture == legs.posture)
        return;
    want(now_ms);
    struct course *now = legs.wanted;
    for (int i = 0; i < JOINTS; i++) {
        if (posture == FAULT) /* a joint that does not follow is held where it is */
            now[i] = (struct course){legs.measured.angle_cdeg[i],
                                     INT64_C(10) * legs.measured.velocity_ddeg_per_s[i]};
        const int16_t *pose = PLAN[posture].pose_cdeg; /* or where its momentum leads: */
        legs.rest[i] = pose ? pose[i] : now[i].at + now[i].rate * HALT_MS / 2000;
    }
    legs.rest[YAW] = yaw_cdeg_per_s;
    legs.rest[AMPLITUDE] = PLAN[posture].amplitude;
    if (!in_gait(posture))
        now[AMPLITUDE] = (struct course){0, 0};
    else if (!in_gait(legs.posture))
        legs.stride_ms = now_ms;
    if (posture >= SAFE_STOP && !motion_held())
        legs.caught = legs.posture;
    legs.posture = posture;
    legs.entered_ms = legs.followed_ms = now_ms;
    legs.blended = false;
    for (int i = 0; i < QUANTITIES; i++) {
        const struct course goal = aim(i, now_ms);
        legs.lack[i] = (struct course){now[i].at - goal.at, now[i].rate - goal.rate};
    }
}

enum reason motion_happen(enum happening what, uint32_t now_ms) {
    const uint8_t cell = TABLE[legs.posture][what];
    if (cell & NO)
        return (enum reason)(cell & ~NO);
    const bool needs_charge = what < COMMANDS && what != STOP && what != SIT
                              && cell != legs.posture && cell != STEPPING;
    if (needs_charge && motion_low_battery())
        return NOT_ON_LOW_BATTERY;
    const int turn = (what == TURN_LEFT) - (what == TURN_RIGHT);
    enter((enum posture)cell, turn * TURN_CDEG_PER_S, now_ms);
    return ACCEPTED;
}

void motion_release(uint32_t now_ms) {
    if (motion_held())
        enter(PLAN[legs.caught].after_release, 0, now_ms);
}

void motion_settle(uint32_t now_ms) {
    uint32_t lasts_ms;
    while ((lasts_ms = PLAN[legs.posture].duration_ms) && now_ms - legs.entered_ms >= lasts_ms)
        enter((enum posture)TABLE[legs.posture][DONE], 0, legs.entered_ms + lasts_ms);
}

void motion_watch(uint32_t now_ms) {
    board_read_status(&legs.status);
    if (legs.status.failed)
        (void)motion_happen(FAILURE, now_ms);
    if (motion_low_battery() && in_gait(legs.posture))
        (void)motion_happen(REST, now_ms);
}

/* Whether all joints are where they were told to be. */
static bool all_within(int limit_cdeg) {
    bool all = true;
    for (int i = 0; i < JOINTS; i++) {
        const int32_t error_cdeg = (int32_t)legs.measured.angle_cdeg[i] - legs.told.angle_cdeg[i];
        all &= error_cdeg <= limit_cdeg && error_cdeg >= -limit_cdeg;
    }
    return all;
}

static int16_t narrow(int64_t value) {
    return (int16_t)(value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value);
}

void motion_drive(uint32_t now_ms) {
    if (now_ms - legs.driven_ms < CONTROL_PERIOD_MS)
        return;
    legs.driven_ms = now_ms;
    board_read_joints(&legs.measured);
    if (all_within(ASTRAY_CDEG))
        legs.followed_ms = now_ms;
    if (now_ms - legs.followed_ms >= ASTRAY_MS)
        (void)motion_happen(FAILURE, now_ms);
    want(now_ms);
    for (int i = 0; i < JOINTS; i++) {
        legs.told.angle_cdeg[i] = narrow(legs.wanted[i].at);
        legs.told.velocity_ddeg_per_s[i] = narrow(legs.wanted[i].rate / 10);
    }
    board_move(&legs.told, narrow(legs.wanted[YAW].at));
}

/* Hold the joints where they are, and call that a posture if it is near to the pose of one. */
static bool found(enum posture posture, const int16_t *pose_cdeg) {
    memcpy(legs.told.angle_cdeg, pose_cdeg, sizeof legs.told.angle_cdeg);
    legs.posture = all_within(NEAR_CDEG) ? posture : SAFE_STOP;
    for (int i = 0; i < JOINTS; i++)
        legs.rest[i] = legs.wanted[i].at = legs.measured.angle_cdeg[i];
    return legs.posture == posture;
}

void motion_start(uint32_t now_ms) {
    memset(&legs, 0, sizeof legs);
    legs.entered_ms = legs.followed_ms = now_ms;
    legs.driven_ms = now_ms - CONTROL_PERIOD_MS;
    legs.blended = true;
    board_read_joints(&legs.measured);
    const int32_t left_cdeg = legs.measured.angle_cdeg[0], right_cdeg = legs.measured.angle_cdeg[3];
    legs.caught = left_cdeg + right_cdeg > 2 * HALF_SEATED_CDEG ? SITTING_DOWN : STEPPING;
    (void)(found(SITTING, SEATED_CDEG) || found(STANDING, UPRIGHT_CDEG));
    legs.told = legs.measured;
}
