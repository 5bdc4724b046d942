#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "script.h"

/* A command is at most a message's text and a word before it. */
static char line[SCRIPT_BUFFER_SIZE + 64];
static size_t line_length;

void script_event(const char *format_p, ...)
{
    va_list arguments;

    va_start(arguments, format_p);
    vprintf(format_p, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}

void script_fail(const char *problem_p)
{
    script_event("failed %s", problem_p);
    exit(1);
}

int script_init(void)
{
    int epoll_fd;
    struct epoll_event event;

    /* The generated code writes to connections that are gone. */
    signal(SIGPIPE, SIG_IGN);
    epoll_fd = epoll_create1(0);

    if (epoll_fd == -1) {
        script_fail("epoll_create1");
    }

    memset(&event, 0, sizeof(event));
    event.events = EPOLLIN;
    event.data.fd = STDIN_FILENO;

    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0) {
        script_fail("stdin is no pipe");
    }

    return epoll_fd;
}

static void run_command(script_on_command_t on_command)
{
    char *space_p;

    space_p = strchr(&line[0], ' ');

    if (space_p == NULL) {
        on_command(&line[0], "");
    } else {
        *space_p = '\0';
        on_command(&line[0], &space_p[1]);
    }
}

static void take_byte(char byte, script_on_command_t on_command)
{
    if (byte == '\n') {
        line[line_length] = '\0';
        line_length = 0;
        run_command(on_command);
    } else if (line_length + 1 < sizeof(line)) {
        line[line_length++] = byte;
    } else {
        script_fail("command too long");
    }
}

static void process_stdin(script_on_command_t on_command)
{
    char buf[4096];
    ssize_t size;
    ssize_t i;

    size = read(STDIN_FILENO, &buf[0], sizeof(buf));

    /* Whoever started this program is gone. */
    if (size <= 0) {
        exit(0);
    }

    for (i = 0; i < size; i++) {
        take_byte(buf[i], on_command);
    }
}

void script_run(int epoll_fd,
                script_on_command_t on_command,
                script_process_t process)
{
    struct epoll_event event;

    while (1) {
        /* One at a time: handling one may close the descriptor of the next. */
        if (epoll_wait(epoll_fd, &event, 1, -1) != 1) {
            continue;
        }

        if (event.data.fd == STDIN_FILENO) {
            process_stdin(on_command);
        } else {
            process(event.data.fd, event.events);
        }
    }
}
