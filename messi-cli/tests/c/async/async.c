/*
 * A stand-in for the async framework.
 */

#include <stdio.h>
#include <string.h>

#include "async.h"

/* A misuse that the framework does not survive. */
static void misuse(const char *text_p)
{
    fprintf(stderr, "misuse of the framework: %s\n", text_p);
    exit(1);
}

void async_init(struct async_t *self_p)
{
    memset(self_p, 0, sizeof(*self_p));
}

int async_call(struct async_t *self_p, async_func_t func, void *obj_p, void *arg_p)
{
    if (self_p->number_of_calls == 4) {
        return -1;
    }

    self_p->calls[self_p->number_of_calls].func = func;
    self_p->calls[self_p->number_of_calls].obj_p = obj_p;
    self_p->calls[self_p->number_of_calls].arg_p = arg_p;
    self_p->number_of_calls++;

    return 0;
}

void stand_in_run_calls(struct async_t *self_p)
{
    int i;

    /* A call may add others. */
    for (i = 0; i < self_p->number_of_calls; i++) {
        self_p->calls[i].func(self_p->calls[i].obj_p, self_p->calls[i].arg_p);
    }

    self_p->number_of_calls = 0;
}

void async_timer_init(struct async_timer_t *self_p,
                      async_timer_timeout_t on_timeout,
                      void *obj_p,
                      unsigned int initial,
                      unsigned int repeat,
                      struct async_t *async_p)
{
    if (async_p->timers_p == self_p) {
        misuse("a timer is initialized twice");
    }

    self_p->on_timeout = on_timeout;
    self_p->obj_p = obj_p;
    self_p->initial = initial;
    self_p->repeat = repeat;
    self_p->async_p = async_p;
    self_p->is_running = false;
    self_p->outstanding = 0;
    self_p->ignored = 0;
    async_p->timers_p = self_p;
}

void async_timer_set_initial(struct async_timer_t *self_p, unsigned int initial)
{
    self_p->initial = initial;
}

void async_timer_start(struct async_timer_t *self_p)
{
    async_timer_stop(self_p);
    self_p->is_running = true;
    self_p->expires_at = self_p->async_p->now + self_p->initial;
}

void async_timer_stop(struct async_timer_t *self_p)
{
    self_p->ignored = self_p->outstanding;
    self_p->is_running = false;
}

static void on_timeout(void *obj_p, void *arg_p)
{
    struct async_timer_t *timer_p;

    (void)arg_p;
    timer_p = obj_p;
    timer_p->outstanding--;

    if (timer_p->ignored > 0) {
        timer_p->ignored--;
    } else {
        timer_p->on_timeout(timer_p->obj_p);
    }
}

void stand_in_expire(struct async_t *self_p, uint64_t now)
{
    struct async_timer_t *timer_p;

    timer_p = self_p->timers_p;
    self_p->now = now;

    if ((timer_p != NULL) && timer_p->is_running && (timer_p->expires_at <= now)) {
        timer_p->is_running = false;
        timer_p->outstanding++;
        (void)async_call(self_p, on_timeout, timer_p, NULL);
    }
}

void stand_in_set_time(struct async_t *self_p, uint64_t now)
{
    do {
        stand_in_expire(self_p, now);
        stand_in_run_calls(self_p);
    } while ((self_p->timers_p != NULL)
             && self_p->timers_p->is_running
             && (self_p->timers_p->expires_at <= now));
}

void async_stcp_client_init(struct async_stcp_client_t *self_p,
                            struct async_ssl_context_t *ssl_context_p,
                            async_stcp_client_connected_t on_connected,
                            async_stcp_client_disconnected_t on_disconnected,
                            async_stcp_client_input_t on_input,
                            struct async_t *async_p)
{
    (void)ssl_context_p;
    memset(self_p, 0, sizeof(*self_p));
    self_p->on_connected = on_connected;
    self_p->on_disconnected = on_disconnected;
    self_p->on_input = on_input;
    self_p->async_p = async_p;
}

void async_stcp_client_connect(struct async_stcp_client_t *self_p,
                               const char *host_p,
                               int port)
{
    if (self_p->is_connected) {
        misuse("connect while connected");
    }

    self_p->host_p = host_p;
    self_p->port = port;
    self_p->connects++;
}

void async_stcp_client_disconnect(struct async_stcp_client_t *self_p)
{
    if (!self_p->is_connected) {
        misuse("disconnect without a connection");
    }

    self_p->is_connected = false;
    self_p->disconnects++;
}

void async_stcp_client_write(struct async_stcp_client_t *self_p,
                             void *buf_p,
                             size_t size)
{
    if (!self_p->is_connected) {
        misuse("write without a connection");
    }

    self_p->on_write(buf_p, size);
}

size_t async_stcp_client_read(struct async_stcp_client_t *self_p,
                              void *buf_p,
                              size_t size)
{
    if (size > self_p->input_size) {
        size = self_p->input_size;
    }

    memcpy(buf_p, self_p->input_p, size);
    self_p->input_p += size;
    self_p->input_size -= size;

    return size;
}

void stand_in_connected(struct async_stcp_client_t *self_p, int res)
{
    self_p->is_connected = (res == 0);
    self_p->on_connected(self_p, res);
    stand_in_run_calls(self_p->async_p);
}

void stand_in_closed(struct async_stcp_client_t *self_p)
{
    self_p->is_connected = false;
    self_p->on_disconnected(self_p);
    stand_in_run_calls(self_p->async_p);
}

void stand_in_input(struct async_stcp_client_t *self_p,
                    const uint8_t *data_p,
                    size_t size)
{
    if (self_p->is_connected) {
        self_p->input_p = data_p;
        self_p->input_size = size;
        self_p->on_input(self_p);
        stand_in_run_calls(self_p->async_p);
    }
}
