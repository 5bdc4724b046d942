/*
 * Functions and types of messi that programs use directly. Part of the messi C
 * runtime. Names and values are those of the original Messi.
 */

#ifndef MESSI_H
#define MESSI_H

#include <arpa/inet.h>
#include <stddef.h>
#include <stdint.h>

#include "messi_connection.h"
#include "messi_frame.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Adds, changes or removes a file descriptor in an epoll instance, or in any
 * other event loop that a program uses. `op` is EPOLL_CTL_ADD, EPOLL_CTL_MOD
 * or EPOLL_CTL_DEL. `events` is zero, EPOLLIN, EPOLLOUT or both. Returns -1 on
 * failure.
 */
typedef int (*messi_epoll_ctl_t)(int epoll_fd, int op, int fd, uint32_t events);

/** Header of a frame. */
struct messi_header_t {
    uint8_t type;
    /* Big endian. */
    uint8_t size[3];
};

/**
 * Sets the payload size in a header.
 */
static inline void messi_header_set_size(struct messi_header_t *header_p,
                                         uint32_t size)
{
    header_p->size[0] = (uint8_t)(size >> 16);
    header_p->size[1] = (uint8_t)(size >> 8);
    header_p->size[2] = (uint8_t)size;
}

/**
 * Returns the payload size in a header.
 */
static inline uint32_t messi_header_get_size(struct messi_header_t *header_p)
{
    return ((uint32_t)header_p->size[0] << 16)
           | ((uint32_t)header_p->size[1] << 8)
           | (uint32_t)header_p->size[2];
}

/**
 * Creates the header of a frame with a payload of `size` bytes.
 */
void messi_header_create(struct messi_header_t *header_p,
                         uint8_t message_type,
                         uint32_t size);

/**
 * Calls epoll_ctl() with `event.data.fd` set to the file descriptor.
 */
int messi_epoll_ctl_default(int epoll_fd, int op, int fd, uint32_t events);

/**
 * Makes a file descriptor non-blocking. Returns zero, or -1 on failure.
 */
int messi_make_non_blocking(int fd);

/**
 * Splits a URI such as `tcp://127.0.0.1:6000`, `tcp://example.com:6000` or
 * `tcp://[::1]:6000` into host, without brackets, and port. The host may be
 * empty. The port is a decimal number of at most 65535.
 *
 * Returns zero, or -1 if the URI has another form, or if the host does not
 * fit into `host_size` bytes with its terminating NUL.
 */
int messi_parse_tcp_uri(const char *uri_p,
                        char *host_p,
                        size_t host_size,
                        int *port_p);

#ifdef __cplusplus
}
#endif

#endif
