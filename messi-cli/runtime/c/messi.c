/*
 * Functions of messi that programs use directly.
 */

#ifndef _GNU_SOURCE
#    define _GNU_SOURCE
#endif

#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>

#include "messi.h"

#define PORT_MAX 65535

void messi_header_create(struct messi_header_t *header_p,
                         uint8_t message_type,
                         uint32_t size)
{
    header_p->type = message_type;
    messi_header_set_size(header_p, size);
}

int messi_epoll_ctl_default(int epoll_fd, int op, int fd, uint32_t events)
{
    struct epoll_event event;

    memset(&event, 0, sizeof(event));
    event.events = events;
    event.data.fd = fd;

    return epoll_ctl(epoll_fd, op, fd, &event);
}

int messi_make_non_blocking(int fd)
{
    int flags;

    flags = fcntl(fd, F_GETFL, 0);

    if (flags == -1) {
        return -1;
    }

    return (fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1) ? -1 : 0;
}

static int parse_port(const char *text_p, int *port_p)
{
    int port;

    if (*text_p == '\0') {
        return -1;
    }

    for (port = 0; *text_p != '\0'; text_p++) {
        if ((*text_p < '0') || (*text_p > '9')) {
            return -1;
        }

        port = 10 * port + (*text_p - '0');

        if (port > PORT_MAX) {
            return -1;
        }
    }

    *port_p = port;

    return 0;
}

/* Finds the host, without brackets, and the colon after it. */
static const char *find_host(const char **host_pp, size_t *length_p)
{
    const char *end_p;

    if (**host_pp == '[') {
        (*host_pp)++;
        end_p = strchr(*host_pp, ']');

        if (end_p == NULL) {
            return NULL;
        }

        *length_p = (size_t)(end_p - *host_pp);
        end_p++;
    } else {
        *length_p = strcspn(*host_pp, ":");
        end_p = *host_pp + *length_p;
    }

    return (*end_p == ':') ? end_p : NULL;
}

int messi_parse_tcp_uri(const char *uri_p,
                        char *host_p,
                        size_t host_size,
                        int *port_p)
{
    const char *begin_p;
    const char *colon_p;
    size_t length;

    if (strncmp(uri_p, "tcp://", 6) != 0) {
        return -1;
    }

    begin_p = &uri_p[6];
    colon_p = find_host(&begin_p, &length);

    if ((colon_p == NULL) || (length >= host_size)) {
        return -1;
    }

    if (parse_port(&colon_p[1], port_p) != 0) {
        return -1;
    }

    memcpy(host_p, begin_p, length);
    host_p[length] = '\0';

    return 0;
}
