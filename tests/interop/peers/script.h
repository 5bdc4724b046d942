/*
 * What both C peers share: commands come in on stdin, one per line, and
 * events go out on stdout, one per line.
 */

#ifndef SCRIPT_H
#define SCRIPT_H

#include <stddef.h>
#include <stdint.h>

/* Payload and header of the largest message a peer sends or takes. */
#define SCRIPT_BUFFER_SIZE (64 * 1024)

/* Called for each command, with the line cut into its first word and the rest. */
typedef void (*script_on_command_t)(const char *name_p, char *argument_p);

/* Called for each file descriptor that is ready, other than stdin. */
typedef void (*script_process_t)(int fd, uint32_t events);

/**
 * Prints an event and flushes it, as the reader waits for it.
 */
void script_event(const char *format_p, ...)
    __attribute__ ((format (printf, 1, 2)));

/**
 * Prints why the program can't go on, and ends it.
 */
void script_fail(const char *problem_p) __attribute__ ((noreturn));

/**
 * Creates the epoll instance that script_run() waits on.
 */
int script_init(void);

/**
 * Waits for commands and file descriptors until stdin ends or a
 * command ends the program.
 */
void script_run(int epoll_fd,
                script_on_command_t on_command,
                script_process_t process);

#endif
