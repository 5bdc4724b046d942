/*
 * A client on the async framework (async.h, version 0.10). Part of the messi C
 * runtime. Generated clients are thin, typed wrappers of it: read the
 * documentation of {name}_client.h.
 */

#ifndef MESSI_ASYNC_H
#define MESSI_ASYNC_H

#include "async.h"
#include "messi.h"
#include "messi_core_client.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Longest host name of DNS, with its NUL. */
#ifndef MESSI_HOST_SIZE
#    define MESSI_HOST_SIZE 256
#endif

/**
 * A client. All members are private.
 */
struct messi_async_client_t {
    struct messi_core_client_t core;
    struct async_t *async_p;
    struct async_stcp_client_t stcp;
    struct async_timer_t timer;
    char host[MESSI_HOST_SIZE];
    int port;
    /* The framework has been asked to connect, and has not answered yet. */
    bool is_connecting;
    bool is_open;
    bool is_timer_running;
    /* True while callbacks may run, which may call this client. */
    bool is_processing;
    /* Time of the core, which the timer alone moves forward: the framework has
       no clock. */
    uint32_t now;
    uint32_t expires_at;
};

/**
 * Initializes a stopped client. Returns zero, or -1 if the URI is invalid or
 * an encoded buffer is smaller than the header of a frame.
 */
int messi_async_client_init(struct messi_async_client_t *self_p,
                            const struct messi_client_type_t *type_p,
                            const char *uri_p,
                            const struct messi_client_buffers_t *buffers_p,
                            struct async_t *async_p);

/**
 * Starts a stopped client.
 */
void messi_async_client_start(struct messi_async_client_t *self_p);

/**
 * Stops the client.
 */
void messi_async_client_stop(struct messi_async_client_t *self_p);

/**
 * Sends the prepared message. Returns zero, or -1 if it is not sent.
 */
int messi_async_client_send(struct messi_async_client_t *self_p);

#ifdef __cplusplus
}
#endif

#endif
