/* The machine of postures, and what each does to the joints over time. */
#ifndef MOTION_H
#define MOTION_H

#include "board.h"

enum posture {
    SITTING,
    STANDING_UP,
    STANDING,
    STEPPING,
    WALKING,
    TURNING,
    SITTING_DOWN,
    SAFE_STOP,
    FAULT,
    POSTURES
};

/* What happens: the commands under their codes, then all else that changes a posture. */
enum happening {
    STOP,
    STAND,
    SIT,
    WALK,
    TURN_LEFT,
    TURN_RIGHT,
    DONE,
    REST,
    EMERGENCY_STOP,
    FAILURE,
    HAPPENINGS,
    COMMANDS = DONE
};

enum reason {
    ACCEPTED,
    NO_SESSION,
    STALE,
    UNKNOWN_COMMAND,
    REFUSED_SEATED,
    REFUSED_WALKING,
    REFUSED_IN_TRANSITION,
    REFUSED_STOPPED,
    REFUSED_FAULT,
    REFUSED_LOW_BATTERY,
    WRONG_STOP
};

/* Find the posture from the joints. */
void motion_start(uint32_t now_ms);

/* Let movements end that were due by now. */
void motion_settle(uint32_t now_ms);

/* Do what the table says, or return why not. */
enum reason motion_happen(enum happening what, bool low_battery, uint32_t now_ms);

/* Leave SAFE_STOP or FAULT by the shortest way to rest. */
void motion_release(uint32_t now_ms);

/* Every CONTROL_PERIOD_MS: see whether the joints follow, and move them on. */
void motion_drive(uint32_t now_ms);

enum posture motion_posture(void);
bool motion_held(void);
bool motion_in_gait(void);

/* 0.0001 of a stride since the left heel struck; 0 when not in gait. */
uint16_t motion_gait_phase(void);

/* The joints as last measured. */
const struct joints *motion_joints(void);

#endif
