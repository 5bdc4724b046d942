/*
 * A client on Linux. Part of the messi C runtime. Generated clients are thin,
 * typed wrappers of it: read the documentation of {name}_client.h.
 */

#ifndef MESSI_CLIENT_H
#define MESSI_CLIENT_H

#include "messi_core_client.h"
#include "messi_linux.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A client. All members are private.
 */
struct messi_client_t {
    struct messi_core_client_t core;
    struct messi_loop_t loop;
    struct messi_timer_t timer;
    struct messi_address_t address;
    /* Addresses of the host while connecting, and the next one to try. */
    struct addrinfo *addresses_p;
    struct addrinfo *next_address_p;
    int fd;
    uint32_t events;
    /* True while callbacks may run, which may call this client. */
    bool is_processing;
    /* A message was written at once in this turn. */
    bool has_written;
};

/**
 * Initializes a stopped client. Returns zero, or -1 if the URI is invalid or
 * an encoded buffer is smaller than the header of a frame.
 */
int messi_client_init(struct messi_client_t *self_p,
                      const struct messi_client_type_t *type_p,
                      const char *uri_p,
                      const struct messi_client_buffers_t *buffers_p,
                      int epoll_fd,
                      messi_epoll_ctl_t epoll_ctl);

/**
 * Sets how many bytes may wait to be written (MESSI_CONFIG_OUTPUT_MAX).
 */
void messi_client_set_output_max(struct messi_client_t *self_p, size_t size);

/**
 * Starts a stopped client. Returns zero, or -1 if there is no timer.
 */
int messi_client_start(struct messi_client_t *self_p);

/**
 * Stops the client.
 */
void messi_client_stop(struct messi_client_t *self_p);

/**
 * Handles an event of a file descriptor, if it is one of this client.
 */
void messi_client_process(struct messi_client_t *self_p, int fd);

/**
 * Sends the prepared message. Returns zero, or -1 if it is not sent.
 */
int messi_client_send(struct messi_client_t *self_p);

#ifdef __cplusplus
}
#endif

#endif
