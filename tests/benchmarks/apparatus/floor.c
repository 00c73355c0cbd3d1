/*
 * The floors in C: what starting a program costs with posix_spawn and nothing else.
 *
 *   floor spawn WITNESS FIFO   for each number that comes on a line, start as many witnesses
 *                              that stay, and answer with the seconds that it took
 *   floor run PROGRAM          the same, with a program that is waited for before the next one
 *   floor keep TIMES PROGRAM ARGUMENT...
 *                              wait for a program and start it again, so many times
 *
 * Each program gets a session and two log files of its own and /dev/null as its
 * stdin, as a job does. All are ended when the input ends or on SIGTERM.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PROGRAMS_MAX 100000
#define LINE_BYTES 64

extern char **environ;
static pid_t programs[PROGRAMS_MAX];
static volatile sig_atomic_t started;

static void leave(int signal) {
    (void)signal;
    for (int i = 0; i < started; i++)
        kill(programs[i], SIGKILL);
    _exit(0);
}

static void fail(const char *what) {
    perror(what);
    leave(0);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static pid_t start(char **words, int number) {
    char out[LINE_BYTES], err[LINE_BYTES];
    int flags = O_WRONLY | O_APPEND | O_CREAT;
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    pid_t pid;
    snprintf(out, sizeof out, "stdout_%d.log", number);
    snprintf(err, sizeof err, "stderr_%d.log", number);
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, 1, out, flags, 0600);
    posix_spawn_file_actions_addopen(&files, 2, err, flags, 0600);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    if (posix_spawnp(&pid, words[0], &files, &attributes, words, environ) != 0)
        fail(words[0]);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
    return pid;
}

static void start_witness(char *witness, char *fifo) {
    char number[LINE_BYTES];
    if (started == PROGRAMS_MAX)
        fail("too many programs");
    snprintf(number, sizeof number, "%d", (int)started);
    char *words[] = {witness, fifo, number, "stay", NULL};
    programs[started] = start(words, started);
    started++;
}

static void start_and_wait(char **words, int number) {
    programs[0] = start(words, number);
    started = 1;
    if (waitpid(programs[0], NULL, 0) < 0)
        fail("waitpid");
    started = 0;
}

int main(int count, char **words) {
    char line[LINE_BYTES];
    signal(SIGTERM, leave);
    if (count < 3)
        return 2;
    if (strcmp(words[1], "keep") == 0) {
        for (int i = 0; i < atoi(words[2]); i++)
            start_and_wait(words + 3, 0);
        return 0;
    }
    int is_spawn = strcmp(words[1], "spawn") == 0;
    for (int done = 0; fgets(line, sizeof line, stdin) != NULL;) {
        double begin = now();
        for (int end = done + atoi(line); done < end; done++)
            is_spawn ? start_witness(words[2], words[3]) : start_and_wait(words + 2, done);
        printf("%.9f\n", now() - begin);
        fflush(stdout);
    }
    leave(0);
}
