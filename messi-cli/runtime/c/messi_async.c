/*
 * A client on the async framework: performs the actions of the client without
 * I/O.
 *
 * The time. The framework has timers, but no clock. The core's time is the sum
 * of all timers that have expired. As the timer is set again whenever the next
 * deadline changes, each deadline is met as if there were a clock.
 *
 * Connecting. The framework reports the end of each attempt. One that takes too
 * long is not cancelled: if the core gives it up and begins the next one, that
 * is the same attempt.
 */

#include <stddef.h>
#include <string.h>

#include "messi_async.h"

/* Actions in one turn. Only callbacks that stop and start the client again and
   again need more. */
#define ACTIONS_MAX 8

static void process(struct messi_async_client_t *self_p);

static struct messi_async_client_t *client_of(struct async_stcp_client_t *stcp_p)
{
    return (void *)((uint8_t *)stcp_p
                    - offsetof(struct messi_async_client_t, stcp));
}

static void begin_connecting(struct messi_async_client_t *self_p)
{
    if (!self_p->is_connecting) {
        self_p->is_connecting = true;
        async_stcp_client_connect(&self_p->stcp, &self_p->host[0], self_p->port);
    }
}

static void close_connection(struct messi_async_client_t *self_p)
{
    if (self_p->is_open) {
        self_p->is_open = false;
        async_stcp_client_disconnect(&self_p->stcp);
    }
}

static void perform_actions(struct messi_async_client_t *self_p)
{
    int i;

    for (i = 0; i < ACTIONS_MAX; i++) {
        switch (messi_core_client_poll(&self_p->core, self_p->now)) {

        case messi_action_connect_t:
            begin_connecting(self_p);
            break;

        case messi_action_close_t:
            close_connection(self_p);
            break;

        default:
            return;
        }
    }
}

/* The framework takes all bytes. */
static void write_output(struct messi_async_client_t *self_p)
{
    const uint8_t *buf_p;
    size_t size;

    while (self_p->is_open) {
        buf_p = messi_core_client_output(&self_p->core, &size);

        if (size == 0) {
            return;
        }

        async_stcp_client_write(&self_p->stcp, (uint8_t *)buf_p, size);
        messi_core_client_written(&self_p->core, size);
    }
}

static void stop_timer(struct messi_async_client_t *self_p)
{
    if (self_p->is_timer_running) {
        self_p->is_timer_running = false;
        async_timer_stop(&self_p->timer);
    }
}

static void on_timeout(void *obj_p)
{
    struct messi_async_client_t *self_p;

    self_p = obj_p;

    if (self_p->is_timer_running) {
        self_p->is_timer_running = false;
        self_p->now = self_p->expires_at;
        process(self_p);
    }
}

static void set_timer(struct messi_async_client_t *self_p)
{
    uint32_t timeout;

    timeout = messi_core_client_timeout(&self_p->core, self_p->now);

    if (timeout == MESSI_NO_TIMEOUT) {
        stop_timer(self_p);
        return;
    }

    if (self_p->is_timer_running
        && (self_p->expires_at == self_p->now + timeout)) {
        return;
    }

    self_p->is_timer_running = true;
    self_p->expires_at = self_p->now + timeout;
    /* Starting a running timer restarts it. Initializing it again would lose
       count of expirations that are queued. */
    async_timer_set_initial(&self_p->timer, timeout);
    async_timer_start(&self_p->timer);
}

static void process(struct messi_async_client_t *self_p)
{
    self_p->is_processing = true;
    perform_actions(self_p);
    write_output(self_p);
    self_p->is_processing = false;
    set_timer(self_p);
}

static void on_connected(struct async_stcp_client_t *stcp_p, int res)
{
    struct messi_async_client_t *self_p;

    self_p = client_of(stcp_p);
    self_p->is_connecting = false;
    self_p->is_open = (res == 0);

    if (self_p->core.state != messi_client_state_connecting_t) {
        /* Stopped or given up meanwhile. */
        close_connection(self_p);
        return;
    }

    self_p->is_processing = true;

    if (res == 0) {
        messi_core_client_connected(&self_p->core, self_p->now);
    } else {
        messi_core_client_disconnected(&self_p->core, self_p->now);
    }

    process(self_p);
}

static void on_disconnected(struct async_stcp_client_t *stcp_p)
{
    struct messi_async_client_t *self_p;

    self_p = client_of(stcp_p);

    if (self_p->is_open) {
        self_p->is_open = false;
        messi_core_client_disconnected(&self_p->core, self_p->now);
        process(self_p);
    }
}

static void on_input(struct async_stcp_client_t *stcp_p)
{
    struct messi_async_client_t *self_p;
    uint8_t *buf_p;
    size_t size;

    self_p = client_of(stcp_p);
    self_p->is_processing = true;

    while (self_p->core.state == messi_client_state_connected_t) {
        buf_p = messi_core_client_receive_buffer(&self_p->core, &size);
        size = async_stcp_client_read(stcp_p, buf_p, size);

        if (size == 0) {
            break;
        }

        messi_core_client_received(&self_p->core, size, self_p->now);
    }

    process(self_p);
}

static void on_call(void *obj_p, void *arg_p)
{
    (void)arg_p;

    process(obj_p);
}

int messi_async_client_init(struct messi_async_client_t *self_p,
                            const struct messi_client_type_t *type_p,
                            const char *uri_p,
                            const struct messi_client_buffers_t *buffers_p,
                            struct async_t *async_p)
{
    memset(self_p, 0, sizeof(*self_p));

    if (messi_parse_tcp_uri(uri_p,
                            &self_p->host[0],
                            sizeof(self_p->host),
                            &self_p->port) != 0) {
        return -1;
    }

    if (self_p->port == 0) {
        return -1;
    }

    /* As in the original: this machine. */
    if (self_p->host[0] == '\0') {
        strcpy(&self_p->host[0], "127.0.0.1");
    }

    self_p->async_p = async_p;
    async_stcp_client_init(&self_p->stcp,
                           NULL,
                           on_connected,
                           on_disconnected,
                           on_input,
                           async_p);

    async_timer_init(&self_p->timer, on_timeout, self_p, 0, 0, async_p);

    /* Without a clock, the address is all that differs between clients. */
    return messi_core_client_init(&self_p->core,
                                  type_p,
                                  buffers_p,
                                  (uint32_t)(uintptr_t)self_p);
}

void messi_async_client_start(struct messi_async_client_t *self_p)
{
    messi_core_client_start(&self_p->core, self_p->now);

    if (!self_p->is_processing) {
        process(self_p);
    }
}

void messi_async_client_stop(struct messi_async_client_t *self_p)
{
    messi_core_client_stop(&self_p->core);
    close_connection(self_p);
    stop_timer(self_p);
}

int messi_async_client_send(struct messi_async_client_t *self_p)
{
    int res;

    res = messi_core_client_send(&self_p->core);

    if (res == 0) {
        write_output(self_p);
    } else if ((self_p->core.state == messi_client_state_ended_t)
               && !self_p->is_processing) {
        /* The program does not expect a callback now. If there is no room for
           the call, the keep-alive timer leads to it. */
        (void)async_call(self_p->async_p, on_call, self_p, NULL);
    }

    return res;
}
