/* Harness: the controller on a pseudo-terminal of a POSIX system, with joints that follow at once.
 * Not a part of the firmware; a board of one's own has the same six functions.
 *
 *     harness_posix [sitting | standing]
 *
 * Prints the port's name. Ends on SIGTERM and SIGINT, and when standard input closes. */
#define _XOPEN_SOURCE 600

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "board.h"

static int line;
static bool heard; /* some program has the port open; else what is written is lost, as on a wire */
static struct joints legs;
static volatile sig_atomic_t told_to_end;

uint32_t board_time_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)now.tv_sec * 1000U + (uint32_t)now.tv_nsec / 1000000U;
}

size_t board_read(uint8_t *bytes, size_t most) {
    const ssize_t count = read(line, bytes, most);
    return count > 0 ? (size_t)count : 0;
}

/* A pseudo-terminal takes a part of what does not fit: the rest is lost, and with it this frame. */
void board_write(const uint8_t *bytes, size_t count) {
    if (heard && write(line, bytes, count) < 0 && errno != EAGAIN && errno != EIO)
        told_to_end = 1;
}

void board_read_joints(struct joints *measured) { *measured = legs; }

void board_read_status(struct status *status) {
    memset(status, 0, sizeof *status);
    status->battery_percent = 100;
}

void board_move(const struct joints *wanted, int16_t yaw_cdeg_per_s) {
    legs = *wanted;
    (void)yaw_cdeg_per_s; /* these legs have no heading */
}

static void on_signal(int number) {
    (void)number;
    told_to_end = 1;
}

/* Open a raw line and name its other end; that end is closed again, so that the kernel tells
 * whether some program has it open. */
static bool open_line(void) {
    line = posix_openpt(O_RDWR | O_NOCTTY);
    if (line < 0 || grantpt(line) != 0 || unlockpt(line) != 0)
        return false;
    const char *name = ptsname(line);
    const int peer = name == NULL ? -1 : open(name, O_RDWR | O_NOCTTY);
    struct termios raw;
    if (peer < 0 || tcgetattr(peer, &raw) != 0)
        return false;
    raw.c_iflag = 0;
    raw.c_oflag &= ~(tcflag_t)OPOST;
    raw.c_lflag = 0;
    raw.c_cflag = (raw.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    if (tcsetattr(peer, TCSANOW, &raw) != 0 || close(peer) != 0)
        return false;
    if (fcntl(line, F_SETFL, O_NONBLOCK) != 0)
        return false;
    return printf("%s\n", name) > 0 && fflush(stdout) == 0;
}

int main(int count, char **words) {
    const bool seated = count < 2 || strcmp(words[1], "standing") != 0;
    for (int i = 0; i < JOINTS; i++)
        legs.angle_cdeg[i] = seated && i % 3 < 2 ? 9000 : 0;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    if (!open_line()) {
        perror("no pseudo-terminal");
        return 1;
    }
    controller_start("reference");
    while (!told_to_end) {
        struct pollfd ends[] = {{STDIN_FILENO, POLLIN, 0}, {line, POLLIN, 0}};
        (void)poll(ends, heard ? 2 : 1, 1); /* a line that hangs up would wake it all the time */
        char ignored[64];
        if (ends[0].revents != 0 && read(STDIN_FILENO, ignored, sizeof ignored) <= 0)
            break;
        struct pollfd state = {line, POLLIN, 0};
        heard = poll(&state, 1, 0) >= 0 && (state.revents & POLLHUP) == 0;
        controller_step();
    }
    return 0;
}
