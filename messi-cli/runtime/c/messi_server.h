/*
 * A server on Linux. Part of the messi C runtime. Generated servers are thin,
 * typed wrappers of it: read the documentation of {name}_server.h.
 */

#ifndef MESSI_SERVER_H
#define MESSI_SERVER_H

#include "messi_core_server.h"
#include "messi_linux.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Connections that wait to be accepted. The system may have a lower limit. */
#ifndef MESSI_CONFIG_BACKLOG
#    define MESSI_CONFIG_BACKLOG 4096
#endif

/* Pause of accepting when there are no file descriptors or memory for another
   connection. */
#ifndef MESSI_CONFIG_ACCEPT_PAUSE_MS
#    define MESSI_CONFIG_ACCEPT_PAUSE_MS 100
#endif

/**
 * One client of a server. All members are private.
 */
struct messi_server_client_t {
    struct messi_core_server_client_t core;
    int fd;
    uint32_t events;
    /* Last turn in which a frame was written at once. */
    uint32_t turn;
    /* Messages are queued until the end of the turn. */
    bool is_delayed;
    struct messi_server_client_t *next_delayed_p;
    /* The places for clients are also a hash table from file descriptors to
       clients: the first client of this bucket, and the next one of a list. */
    struct messi_server_client_t *bucket_p;
    struct messi_server_client_t *next_in_bucket_p;
};

/**
 * A server. All members are private.
 */
struct messi_server_t {
    struct messi_core_server_t core;
    struct messi_loop_t loop;
    struct messi_timer_t timer;
    struct messi_address_t address;
    struct messi_server_client_t *clients_p;
    int clients_max;
    int listener_fd;
    /* Accepting is paused until then. */
    bool is_paused;
    uint32_t accept_at;
    /* True while callbacks may run, which may call this server. */
    bool is_processing;
    uint32_t turn;
    /* Clients with messages that are queued until the end of the turn. */
    struct messi_server_client_t *delayed_p;
};

/**
 * Initializes a stopped server. Returns zero, or -1 if the URI is invalid, if
 * there is no place for a client, or if a buffer for frames is smaller than
 * the header of a frame.
 */
int messi_server_init(struct messi_server_t *self_p,
                      const struct messi_server_type_t *type_p,
                      const char *uri_p,
                      struct messi_server_client_t *clients_p,
                      int clients_max,
                      const struct messi_server_buffers_t *buffers_p,
                      int epoll_fd,
                      messi_epoll_ctl_t epoll_ctl);

/**
 * Sets how many bytes may wait to be written to a client
 * (MESSI_CONFIG_OUTPUT_MAX).
 */
void messi_server_set_output_max(struct messi_server_t *self_p, size_t size);

/**
 * Gives each client `size` bytes of memory for bytes that wait to be written.
 */
void messi_server_set_output_buffers(struct messi_server_t *self_p,
                                     uint8_t *buf_p,
                                     size_t size);

/**
 * Starts a stopped server. Returns zero, 1 if there is no socket, or -1 for
 * any other failure.
 */
int messi_server_start(struct messi_server_t *self_p);

/**
 * Stops the server.
 */
void messi_server_stop(struct messi_server_t *self_p);

/**
 * Returns the port that a started server listens on, or -1.
 */
int messi_server_port(const struct messi_server_t *self_p);

/**
 * Handles an event of a file descriptor, if it is one of this server.
 */
void messi_server_process(struct messi_server_t *self_p, int fd);

/* See messi_core_server.h. */
int messi_server_send(struct messi_server_t *self_p,
                      struct messi_server_client_t *client_p);
int messi_server_reply(struct messi_server_t *self_p);
int messi_server_broadcast(struct messi_server_t *self_p);
void messi_server_disconnect(struct messi_server_t *self_p,
                             struct messi_server_client_t *client_p);

#ifdef __cplusplus
}
#endif

#endif
