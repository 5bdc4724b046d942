/*
 * A stand-in for the async framework, with a pretended clock and one scripted
 * connection. It has the part of the framework's interface that the runtime
 * uses.
 */

#ifndef ASYNC_H
#define ASYNC_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct async_ssl_context_t;
struct async_stcp_client_t;
struct async_timer_t;

typedef void (*async_func_t)(void *obj_p, void *arg_p);
typedef void (*async_timer_timeout_t)(void *obj_p);
typedef void (*async_stcp_client_connected_t)(struct async_stcp_client_t *self_p,
                                              int res);
typedef void (*async_stcp_client_disconnected_t)(struct async_stcp_client_t *self_p);
typedef void (*async_stcp_client_input_t)(struct async_stcp_client_t *self_p);

struct async_t {
    uint64_t now;
    struct async_timer_t *timers_p;
    struct {
        async_func_t func;
        void *obj_p;
        void *arg_p;
    } calls[4];
    int number_of_calls;
};

struct async_timer_t {
    async_timer_timeout_t on_timeout;
    void *obj_p;
    unsigned int initial;
    unsigned int repeat;
    struct async_t *async_p;
    uint64_t expires_at;
    bool is_running;
    bool is_initialized;
    /* Expirations that are queued, and those of them that were stopped. */
    int outstanding;
    int ignored;
};

struct async_stcp_client_t {
    async_stcp_client_connected_t on_connected;
    async_stcp_client_disconnected_t on_disconnected;
    async_stcp_client_input_t on_input;
    struct async_t *async_p;
    /* Received bytes that are not read yet. */
    const uint8_t *input_p;
    size_t input_size;
    bool is_connected;
    /* Requests of the client. */
    int connects;
    int disconnects;
    const char *host_p;
    int port;
    void (*on_write)(const uint8_t *buf_p, size_t size);
};

void async_init(struct async_t *self_p);
int async_call(struct async_t *self_p, async_func_t func, void *obj_p, void *arg_p);

void async_timer_init(struct async_timer_t *self_p,
                      async_timer_timeout_t on_timeout,
                      void *obj_p,
                      unsigned int initial,
                      unsigned int repeat,
                      struct async_t *async_p);
void async_timer_set_initial(struct async_timer_t *self_p, unsigned int initial);
void async_timer_start(struct async_timer_t *self_p);
void async_timer_stop(struct async_timer_t *self_p);

void async_stcp_client_init(struct async_stcp_client_t *self_p,
                            struct async_ssl_context_t *ssl_context_p,
                            async_stcp_client_connected_t on_connected,
                            async_stcp_client_disconnected_t on_disconnected,
                            async_stcp_client_input_t on_input,
                            struct async_t *async_p);
void async_stcp_client_connect(struct async_stcp_client_t *self_p,
                               const char *host_p,
                               int port);
void async_stcp_client_disconnect(struct async_stcp_client_t *self_p);
void async_stcp_client_write(struct async_stcp_client_t *self_p,
                             void *buf_p,
                             size_t size);
size_t async_stcp_client_read(struct async_stcp_client_t *self_p,
                              void *buf_p,
                              size_t size);

/* --- The script --- */

/** Runs the calls that are due. */
void stand_in_run_calls(struct async_t *self_p);

/** Jumps to this time, and queues the calls of timers that are due. */
void stand_in_expire(struct async_t *self_p, uint64_t now);

/** Jumps to this time, and runs the timers that are due. */
void stand_in_set_time(struct async_t *self_p, uint64_t now);

/** Reports the result of connecting. */
void stand_in_connected(struct async_stcp_client_t *self_p, int res);

/** Reports that the server has closed the connection. */
void stand_in_closed(struct async_stcp_client_t *self_p);

/** Reports received bytes. */
void stand_in_input(struct async_stcp_client_t *self_p,
                    const uint8_t *data_p,
                    size_t size);

#endif
