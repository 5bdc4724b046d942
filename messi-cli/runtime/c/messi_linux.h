/*
 * The parts of Linux that clients and servers need: time, sockets and heap.
 * Private to the messi C runtime.
 */

#ifndef MESSI_LINUX_H
#define MESSI_LINUX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "messi.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Set to zero to never use the heap: the queues then have a fixed size.
   (The resolver of the C library uses the heap anyway.) */
#ifndef MESSI_CONFIG_MALLOC
#    define MESSI_CONFIG_MALLOC 1
#endif

/* Bytes that may wait to be written to one peer that reads slowly. */
#ifndef MESSI_CONFIG_OUTPUT_MAX
#    define MESSI_CONFIG_OUTPUT_MAX (4 * 1024 * 1024)
#endif

/* Longest host name of DNS, with its NUL. */
#define MESSI_HOST_SIZE 256

/* Bytes read from, or written to, one connection before others have a turn. */
#define MESSI_TURN_SIZE 65536

struct addrinfo;

/** The event loop of the program. */
struct messi_loop_t {
    int epoll_fd;
    messi_epoll_ctl_t epoll_ctl;
};

/** A timer that wakes the event loop. `fd` is -1 if it is closed. */
struct messi_timer_t {
    int fd;
    bool is_set;
    uint32_t expires_at;
};

/** Host and port of a URI. */
struct messi_address_t {
    char host[MESSI_HOST_SIZE];
    int port;
};

/**
 * Sets the event loop. `epoll_ctl` may be NULL.
 */
void messi_loop_init(struct messi_loop_t *self_p,
                     int epoll_fd,
                     messi_epoll_ctl_t epoll_ctl);

/**
 * Adds or changes a file descriptor. Returns zero, or -1 on failure.
 */
int messi_loop_add(struct messi_loop_t *self_p, int fd, uint32_t events);
int messi_loop_modify(struct messi_loop_t *self_p, int fd, uint32_t events);

/**
 * Removes a file descriptor from the event loop and closes it, unless it is
 * -1. Sets it to -1.
 */
void messi_loop_close(struct messi_loop_t *self_p, int *fd_p);

/**
 * Returns the time in milliseconds, which wraps around.
 */
uint32_t messi_now(void);

/**
 * Opens a timer. Returns zero, or -1 on failure.
 */
int messi_timer_open(struct messi_timer_t *self_p, struct messi_loop_t *loop_p);

/**
 * Makes the timer expire in `timeout` milliseconds or earlier. A timer that is
 * set to expire earlier is left alone, which saves a system call: the owner,
 * woken too early, sets it again.
 */
void messi_timer_set(struct messi_timer_t *self_p,
                     uint32_t timeout,
                     uint32_t now);

/**
 * Records that the event loop was woken by the timer.
 */
void messi_timer_expired(struct messi_timer_t *self_p);

/**
 * Resolves an address, which waits for the DNS server if the host is not
 * numeric. Returns NULL on failure. The result is freed by freeaddrinfo().
 */
struct addrinfo *messi_resolve(const struct messi_address_t *address_p,
                               bool is_server);

/**
 * Opens a non-blocking TCP socket. Returns -1 on failure.
 */
int messi_socket_open(int family);

/**
 * Disables the delay of small writes, with which a second message would wait
 * for some 40 ms.
 */
void messi_socket_no_delay(int fd);

/**
 * Returns true if a socket is connected to itself. That happens when a client
 * connects to a port of its own machine without a listener, and the system
 * chooses the same port for the client.
 */
bool messi_socket_is_own_peer(int fd);

/**
 * Reads from a socket without waiting. Returns the number of bytes, zero at
 * the end of the stream or on failure, or -1 if there is nothing to read.
 */
int messi_socket_read(int fd, uint8_t *buf_p, size_t size);

/**
 * Writes to a socket without waiting. Returns the number of bytes, which is
 * zero if the socket accepts none, or -1 on failure.
 */
int messi_socket_write(int fd, const uint8_t *buf_p, size_t size);

/**
 * Allows a queue to grow to `size_max` bytes, if there is a heap.
 */
void messi_output_use_heap(struct messi_output_t *output_p, size_t size_max);

#ifdef __cplusplus
}
#endif

#endif
