#include "motion.h"

#include <string.h>

enum {
    CONTROL_PERIOD_MS = 5,
    HALT_MS = 250,    /* how fast an emergency stop brings the joints to rest */
    STRIDE_MS = 2400,
    TURN_CDEG_PER_S = 1000,
    ASTRAY_CDEG = 500, /* a joint this far from where it should be, for this long, has failed */
    ASTRAY_MS = 100,
    NEAR_CDEG = 300,
    HALF_SEATED_CDEG = 4500,
    GAIT_POINTS = 24,
    POINT_MS = STRIDE_MS / GAIT_POINTS
};

/* Fractions are fixed-point, in units of 1 / ONE; there is no floating point in here. Products are
 * 64 bits wide, and divided rather than shifted: the shift of a negative number is anybody's. */
#define ONE ((int64_t)65536)

#define NO(reason) (0x80 | REFUSED_##reason) /* in TABLE: refused, and why */

/* The table of docs/protocol.md, row by row. DONE happens to movements that end by themselves. */
static const uint8_t TABLE[POSTURES][HAPPENINGS] = {
    [SITTING] = {SITTING, STANDING_UP, SITTING, NO(SEATED), NO(SEATED), NO(SEATED),
                 SITTING, SITTING, SAFE_STOP, FAULT},
    [STANDING_UP] = {STANDING_UP, STANDING_UP, NO(IN_TRANSITION), NO(IN_TRANSITION),
                     NO(IN_TRANSITION), NO(IN_TRANSITION),
                     STANDING, STANDING_UP, SAFE_STOP, FAULT},
    [STANDING] = {STANDING, STANDING, SITTING_DOWN, WALKING, TURNING, TURNING,
                  STANDING, STANDING, SAFE_STOP, FAULT},
    [STEPPING] = {STEPPING, STEPPING, NO(IN_TRANSITION), NO(IN_TRANSITION), NO(IN_TRANSITION),
                  NO(IN_TRANSITION), STANDING, STEPPING, SAFE_STOP, FAULT},
    [WALKING] = {STEPPING, STEPPING, NO(WALKING), WALKING, TURNING, TURNING,
                 WALKING, STEPPING, SAFE_STOP, FAULT},
    [TURNING] = {STEPPING, STEPPING, NO(WALKING), NO(IN_TRANSITION), NO(IN_TRANSITION),
                 NO(IN_TRANSITION), STEPPING, STEPPING, SAFE_STOP, FAULT},
    [SITTING_DOWN] = {SITTING_DOWN, NO(IN_TRANSITION), SITTING_DOWN, NO(IN_TRANSITION),
                      NO(IN_TRANSITION), NO(IN_TRANSITION),
                      SITTING, SITTING_DOWN, SAFE_STOP, FAULT},
    [SAFE_STOP] = {SAFE_STOP, NO(STOPPED), NO(STOPPED), NO(STOPPED), NO(STOPPED), NO(STOPPED),
                   SAFE_STOP, SAFE_STOP, SAFE_STOP, FAULT},
    [FAULT] = {FAULT, NO(FAULT), NO(FAULT), NO(FAULT), NO(FAULT), NO(FAULT),
               FAULT, FAULT, FAULT, FAULT},
};

/* After a release: the posture that was caught, and in which it goes on. */
static const uint8_t RESUMPTION[SAFE_STOP] = {
    [SITTING] = SITTING,   [STANDING_UP] = SITTING_DOWN, [STANDING] = STANDING,
    [STEPPING] = STEPPING, [WALKING] = STEPPING,         [TURNING] = STEPPING,
    [SITTING_DOWN] = SITTING_DOWN,
};

/* How long a posture lasts that ends by itself, and how long the legs take to go over into it. */
static const uint16_t DURATION_MS[POSTURES] = {
    [STANDING_UP] = 3000, [STEPPING] = 1000, [TURNING] = 3000, [SITTING_DOWN] = 3000};
static const uint16_t BLEND_MS[POSTURES] = {
    [SITTING] = HALT_MS,   [STANDING_UP] = 3000, [STANDING] = HALT_MS,
    [STEPPING] = 1000,     [WALKING] = 1000,     [TURNING] = 1000,
    [SITTING_DOWN] = 3000, [SAFE_STOP] = HALT_MS, [FAULT] = HALT_MS};

static const int32_t SEATED_CDEG[JOINTS] = {9000, 9000, 0, 9000, 9000, 0};
static const int32_t UPRIGHT_CDEG[JOINTS] = {0};

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

/* All movement is one formula: where the posture wants the joints, plus what they lacked of it in
 * place and speed when it began, faded out by quintics. So nothing ever jumps, whatever follows
 * upon whatever, and an emergency stop is just one more posture. */
static struct {
    enum posture posture, caught;
    uint32_t entered_ms, stride_from_ms, driven_ms;
    bool blended;                            /* the blend into this posture is over */
    int64_t lack_cdeg[JOINTS], lack_cdeg_per_s[JOINTS];
    int32_t rest_cdeg[JOINTS];               /* where a posture other than gait wants the joints */
    int64_t amplitude_from, amplitude_to;    /* of the gait, in ONE */
    int64_t yaw_from, yaw_to;                /* cdeg/s */
    int64_t angle_cdeg[JOINTS], velocity_cdeg_per_s[JOINTS], amplitude, yaw; /* wanted just now */
    struct joints measured;
    bool astray;
    uint32_t astray_since_ms;
} legs;

enum posture motion_posture(void) { return legs.posture; }

bool motion_held(void) { return legs.posture == SAFE_STOP || legs.posture == FAULT; }

static bool in_gait(enum posture posture) { return posture == WALKING || posture == TURNING; }

bool motion_in_gait(void) { return in_gait(legs.posture); }

const struct joints *motion_joints(void) { return &legs.measured; }

uint16_t motion_gait_phase(void)
{
    uint32_t since_ms = (legs.driven_ms - legs.stride_from_ms) % STRIDE_MS;
    return motion_in_gait() ? (uint16_t)(since_ms * 10000 / STRIDE_MS) : 0;
}

static int64_t times(int64_t a, int64_t b) { return a * b / ONE; }

/* A joint of the gait at a time of the stride: cubics through the points of the table. */
static void gait(int joint, uint32_t stride_ms, int64_t *cdeg, int64_t *cdeg_per_s)
{
    const int16_t *points = GAIT_CDEG[joint % 3];
    uint32_t at_ms = stride_ms + (joint < 3 ? 0 : STRIDE_MS / 2); /* the right leg is half behind */
    uint32_t i = at_ms / POINT_MS + GAIT_POINTS;
    int64_t f = at_ms % POINT_MS * ONE / POINT_MS;
    int64_t before = points[(i - 1) % GAIT_POINTS], here = points[i % GAIT_POINTS];
    int64_t next = points[(i + 1) % GAIT_POINTS], after = points[(i + 2) % GAIT_POINTS];
    int64_t b = next - before, c = 2 * before - 5 * here + 4 * next - after; /* all of them twice */
    int64_t d = 3 * (here - next) + after - before;
    *cdeg = here + times(f, b * ONE + f * c + times(f, f * d)) / (2 * ONE);
    *cdeg_per_s = (b * ONE + 2 * f * c + 3 * times(f, f * d)) * 1000 / POINT_MS / (2 * ONE);
}

/* Where the joints should be at a time that is not before the last one asked for. */
static void want(uint32_t now_ms)
{
    const int64_t span_ms = BLEND_MS[legs.posture];
    uint32_t elapsed_ms = now_ms - legs.entered_ms;
    legs.blended = legs.blended || elapsed_ms >= span_ms;
    int64_t u = legs.blended ? ONE : elapsed_ms * ONE / span_ms, u2 = times(u, u);
    int64_t step = times(times(u2, u), 10 * ONE - 15 * u + 6 * u2);
    int64_t step_per_s = 30 * times(u2, times(ONE - u, ONE - u)) * 1000 / span_ms;
    int64_t carry_ms = times(u, ONE - times(u2, 6 * ONE - 8 * u + 3 * u2)) * span_ms;
    int64_t carry_slope = ONE - times(u2, 18 * ONE - 32 * u + 15 * u2);
    int64_t swell = legs.amplitude_to - legs.amplitude_from;
    legs.amplitude = legs.amplitude_from + times(swell, step);
    legs.yaw = legs.yaw_from + times(legs.yaw_to - legs.yaw_from, step);
    uint32_t stride_ms = (now_ms - legs.stride_from_ms) % STRIDE_MS;
    legs.stride_from_ms = now_ms - stride_ms; /* so that the clock may wrap around in mid-walk */
    for (int i = 0; i < JOINTS; i++) {
        int64_t cdeg = legs.rest_cdeg[i], cdeg_per_s = 0;
        if (motion_in_gait()) {
            gait(i, stride_ms, &cdeg, &cdeg_per_s);
            cdeg_per_s = times(cdeg_per_s, legs.amplitude) + times(times(swell, step_per_s), cdeg);
            cdeg = times(cdeg, legs.amplitude);
        }
        cdeg += times(legs.lack_cdeg[i], ONE - step);
        legs.angle_cdeg[i] = cdeg + legs.lack_cdeg_per_s[i] * carry_ms / 1000 / ONE;
        cdeg_per_s += times(legs.lack_cdeg_per_s[i], carry_slope);
        legs.velocity_cdeg_per_s[i] = cdeg_per_s - times(legs.lack_cdeg[i], step_per_s);
    }
}

static void enter(enum posture posture, int64_t yaw, uint32_t now_ms)
{
    if (posture == legs.posture)
        return;
    want(now_ms);
    if (posture == FAULT) /* a joint that does not follow is held where it is, not where it should */
        for (int i = 0; i < JOINTS; i++) {
            legs.angle_cdeg[i] = legs.measured.angle_cdeg[i];
            legs.velocity_cdeg_per_s[i] = legs.measured.velocity_ddeg_per_s[i] * 10;
        }
    if (posture >= SAFE_STOP && !motion_held())
        legs.caught = legs.posture;
    if (in_gait(posture) && !motion_in_gait())
        legs.stride_from_ms = now_ms;
    legs.posture = posture;
    legs.entered_ms = now_ms;
    legs.blended = false;
    legs.astray = false;
    legs.amplitude_from = in_gait(posture) ? legs.amplitude : 0;
    legs.amplitude_to = posture == WALKING ? ONE : posture == TURNING ? ONE * 2 / 5 : 0;
    legs.yaw_from = legs.yaw;
    legs.yaw_to = yaw;
    const int32_t *rest = posture == SITTING_DOWN                              ? SEATED_CDEG
                          : posture == STANDING_UP || posture == STEPPING ? UPRIGHT_CDEG
                                                                               : NULL;
    for (int i = 0; i < JOINTS; i++) {
        int64_t angle = legs.angle_cdeg[i], velocity = legs.velocity_cdeg_per_s[i];
        /* Where no pose is asked for, each joint rests where its momentum leads. */
        legs.rest_cdeg[i] = rest ? rest[i] : (int32_t)(angle + velocity * HALT_MS / 2000);
        legs.lack_cdeg[i] = legs.lack_cdeg_per_s[i] = 0;
    }
    want(now_ms);
    for (int i = 0; i < JOINTS; i++)
        ;
}
