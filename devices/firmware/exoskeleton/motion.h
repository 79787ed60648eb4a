/* The machine of postures, and what each does to the joints over time. */
#ifndef MOTION_H
#define MOTION_H

#include "board.h"

enum posture { SITTING, STANDING_UP, STANDING, STEPPING, WALKING, TURNING, SITTING_DOWN, SAFE_STOP,
               FAULT, POSTURES };
/* What happens: the commands, and all else that changes a posture. */
enum happening { STOP, STAND, SIT, WALK, TURN_LEFT, TURN_RIGHT, COMMANDS,
                 DONE = COMMANDS, REST, EMERGENCY_STOP, FAILURE, HAPPENINGS };
enum reason { ACCEPTED, NO_SESSION, STALE, UNKNOWN_COMMAND, NOT_SEATED, NOT_WALKING,
              NOT_IN_TRANSITION, NOT_STOPPED, NOT_IN_FAULT, NOT_ON_LOW_BATTERY, WRONG_STOP };

void motion_start(uint32_t now_ms);   /* find the posture from the joints */
void motion_settle(uint32_t now_ms);  /* let the movements end that were due by now */
void motion_watch(uint32_t now_ms);   /* look after the hardware: failures, the battery */
enum reason motion_happen(enum happening what, uint32_t now_ms); /* as the table says */
void motion_release(uint32_t now_ms); /* leave SAFE_STOP or FAULT by the shortest way to rest */
void motion_drive(uint32_t now_ms);   /* see whether the joints follow, and move them on */
enum posture motion_posture(void);
bool motion_held(void);
bool motion_low_battery(void);
const struct status *motion_status(void);
uint32_t motion_gait_phase(uint32_t now_ms); /* as in the telemetry */

#endif
