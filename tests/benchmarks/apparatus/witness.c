/*
 * The program of a job: its first instruction says that it runs.
 *
 * Arguments: a FIFO, a number, and `stay` or `leave`. It writes the line
 * "NUMBER PID NANOSECONDS" into the FIFO, by the monotonic clock, and then waits
 * for a signal or ends well.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_BYTES 128

int main(int count, char **words) {
    struct timespec now;
    char line[LINE_BYTES];
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (count != 4)
        return 2;
    int length = snprintf(line, sizeof line, "%.40s %ld %lld\n", words[2], (long)getpid(),
                          now.tv_sec * 1000000000LL + now.tv_nsec);
    int fifo = open(words[1], O_WRONLY | O_CLOEXEC);
    if (fifo < 0 || write(fifo, line, length) != length)
        return 1;
    close(fifo);
    if (strcmp(words[3], "stay") == 0)
        pause();
    return 0;
}
