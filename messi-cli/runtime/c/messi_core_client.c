/*
 * A client without I/O.
 *
 *                      start                 action connect
 *     stopped ------------------> waiting ------------------> connecting
 *        ^                         ^   ^                        |    |
 *        | stop, in any state      |   |   failed, or too late  |    | connected
 *                  on_disconnected |   +------------------------+    v
 *                                ended <--------------------- connected
 *                                         the connection ends
 */

#include <string.h>

#include "messi_core_client.h"

int messi_core_client_init(struct messi_core_client_t *self_p,
                           const struct messi_client_type_t *type_p,
                           const struct messi_client_buffers_t *buffers_p,
                           uint32_t seed)
{
    if ((buffers_p->input.size < MESSI_HEADER_SIZE)
        || (buffers_p->output.size < MESSI_HEADER_SIZE)) {
        return -1;
    }

    memset(self_p, 0, sizeof(*self_p));
    messi_connection_init(&self_p->connection,
                          messi_side_client_t,
                          buffers_p->input);
    messi_output_init(&self_p->connection.output,
                      buffers_p->output.buf_p,
                      buffers_p->output.size);
    self_p->type_p = type_p;
    self_p->disconnect_reason = messi_disconnect_reason_connection_closed_t;
    /* Spreads small seeds, such as the time since the start of a device, over
       all bits. The generator would stay at zero for ever. */
    self_p->random = seed * 2654435761u;

    if (self_p->random == 0) {
        self_p->random = 1;
    }

    self_p->workspace_in = buffers_p->workspace_in;
    self_p->workspace_out = buffers_p->workspace_out;
    self_p->output.frame_size_max = buffers_p->output.size;

    return 0;
}

void messi_core_client_start(struct messi_core_client_t *self_p, uint32_t now)
{
    if (self_p->state == messi_client_state_stopped_t) {
        self_p->state = messi_client_state_waiting_t;
        self_p->failures = 0;
        self_p->deadline = now;
    }
}

void messi_core_client_stop(struct messi_core_client_t *self_p)
{
    self_p->state = messi_client_state_stopped_t;
    messi_output_reset(&self_p->connection.output);
}

/* Marsaglia's xorshift generator: small, and good enough to spread clients. */
static uint32_t next_random(struct messi_core_client_t *self_p)
{
    self_p->random ^= (self_p->random << 13);
    self_p->random ^= (self_p->random >> 17);
    self_p->random ^= (self_p->random << 5);

    return self_p->random;
}

static uint32_t reconnect_delay(struct messi_core_client_t *self_p)
{
    uint32_t delay;
    uint8_t i;

    delay = MESSI_CONFIG_RECONNECT_MIN_MS;

    for (i = 0; (i < self_p->failures) && (delay < MESSI_CONFIG_RECONNECT_MAX_MS); i++) {
        delay *= 2;
    }

    if (delay > MESSI_CONFIG_RECONNECT_MAX_MS) {
        delay = MESSI_CONFIG_RECONNECT_MAX_MS;
    }

    return delay + (((delay / 4) * (next_random(self_p) >> 16)) >> 16);
}

static void wait_before_connecting(struct messi_core_client_t *self_p,
                                   uint32_t now)
{
    self_p->state = messi_client_state_waiting_t;
    self_p->deadline = now + reconnect_delay(self_p);

    if (self_p->failures < UINT8_MAX) {
        self_p->failures++;
    }
}

void messi_core_client_end(struct messi_core_client_t *self_p,
                           enum messi_disconnect_reason_t reason)
{
    if (self_p->state == messi_client_state_connected_t) {
        self_p->state = messi_client_state_ended_t;
        self_p->disconnect_reason = reason;
        messi_output_reset(&self_p->connection.output);
    }
}

/* Remembers that the connection is stable, before the time can wrap around. */
static void check_stable(struct messi_core_client_t *self_p, uint32_t now)
{
    if (messi_time_is_due(self_p->connected_at + MESSI_CONFIG_STABLE_AFTER_MS,
                          now)) {
        self_p->is_stable = true;
    }
}

static void poll_connected(struct messi_core_client_t *self_p, uint32_t now)
{
    check_stable(self_p, now);

    if (!messi_connection_poll(&self_p->connection, now)) {
        messi_core_client_end(self_p,
                              messi_disconnect_reason_keep_alive_timeout_t);
    }
}

static void poll_ended(struct messi_core_client_t *self_p, uint32_t now)
{
    check_stable(self_p, now);

    if (self_p->is_stable) {
        self_p->failures = 0;
    }

    /* Before the callback, which may stop the client. */
    wait_before_connecting(self_p, now);
    self_p->type_p->on_disconnected(self_p, self_p->disconnect_reason);
}

enum messi_action_t messi_core_client_poll(struct messi_core_client_t *self_p,
                                           uint32_t now)
{
    if (self_p->state == messi_client_state_connected_t) {
        poll_connected(self_p, now);
    }

    if (self_p->state == messi_client_state_ended_t) {
        poll_ended(self_p, now);
    } else if ((self_p->state == messi_client_state_connecting_t)
               && messi_time_is_due(self_p->deadline, now)) {
        wait_before_connecting(self_p, now);
    }

    if ((self_p->state != messi_client_state_connecting_t)
        && (self_p->state != messi_client_state_connected_t)
        && self_p->is_host_connected) {
        self_p->is_host_connected = false;

        return messi_action_close_t;
    }

    if ((self_p->state == messi_client_state_waiting_t)
        && messi_time_is_due(self_p->deadline, now)) {
        self_p->state = messi_client_state_connecting_t;
        self_p->deadline = now + MESSI_CONFIG_CONNECT_TIMEOUT_MS;
        self_p->is_host_connected = true;

        return messi_action_connect_t;
    }

    return messi_action_wait_t;
}

uint32_t messi_core_client_timeout(const struct messi_core_client_t *self_p,
                                   uint32_t now)
{
    uint32_t deadline;

    switch (self_p->state) {

    case messi_client_state_waiting_t:
    case messi_client_state_connecting_t:
        deadline = self_p->deadline;
        break;

    case messi_client_state_connected_t:
        deadline = messi_connection_deadline(&self_p->connection);
        break;

    case messi_client_state_stopped_t:
        if (!self_p->is_host_connected) {
            return MESSI_NO_TIMEOUT;
        }

        return 0;

    default:
        return 0;
    }

    /* The action close is pending. */
    if ((self_p->state == messi_client_state_waiting_t)
        && self_p->is_host_connected) {
        return 0;
    }

    return messi_time_is_due(deadline, now) ? 0 : deadline - now;
}

void messi_core_client_connected(struct messi_core_client_t *self_p,
                                 uint32_t now)
{
    if (self_p->state == messi_client_state_connecting_t) {
        self_p->state = messi_client_state_connected_t;
        self_p->connected_at = now;
        self_p->is_stable = false;
        messi_connection_open(&self_p->connection, now);
        self_p->type_p->on_connected(self_p);
    }
}

void messi_core_client_disconnected(struct messi_core_client_t *self_p,
                                    uint32_t now)
{
    if (self_p->state == messi_client_state_connecting_t) {
        wait_before_connecting(self_p, now);
    } else {
        messi_core_client_end(self_p,
                              messi_disconnect_reason_connection_closed_t);
    }
}

uint8_t *messi_core_client_receive_buffer(struct messi_core_client_t *self_p,
                                          size_t *size_p)
{
    return messi_connection_receive_buffer(&self_p->connection, size_p);
}

static void handle_message(struct messi_core_client_t *self_p,
                           const struct messi_buffer_t *payload_p)
{
    struct messi_arena_t arena;
    void *message_p;

    message_p = messi_frame_decode(self_p->type_p->received_p,
                                   payload_p,
                                   &self_p->workspace_in,
                                   &arena);

    if (message_p == NULL) {
        messi_core_client_end(self_p,
                              messi_disconnect_reason_message_decode_error_t);
    } else {
        self_p->type_p->on_message(self_p, message_p);
    }
}

void messi_core_client_received(struct messi_core_client_t *self_p,
                                size_t size,
                                uint32_t now)
{
    struct messi_buffer_t payload;
    enum messi_disconnect_reason_t reason;
    enum messi_next_t next;

    if (self_p->state != messi_client_state_connected_t) {
        return;
    }

    messi_connection_received(&self_p->connection, size, now);

    /* A callback may have stopped the client. */
    while (self_p->state == messi_client_state_connected_t) {
        next = messi_connection_next(&self_p->connection, &payload, &reason, now);

        if (next == messi_next_message_t) {
            handle_message(self_p, &payload);
        } else if (next == messi_next_error_t) {
            messi_core_client_end(self_p, reason);
        } else {
            break;
        }
    }
}

void messi_core_client_input(struct messi_core_client_t *self_p,
                             const uint8_t *data_p,
                             size_t size,
                             uint32_t now)
{
    uint8_t *buf_p;
    size_t step;

    while ((size > 0) && (self_p->state == messi_client_state_connected_t)) {
        buf_p = messi_core_client_receive_buffer(self_p, &step);

        if (step > size) {
            step = size;
        }

        memcpy(buf_p, data_p, step);
        data_p += step;
        size -= step;
        messi_core_client_received(self_p, step, now);
    }
}

const uint8_t *messi_core_client_output(const struct messi_core_client_t *self_p,
                                        size_t *size_p)
{
    return messi_output_peek(&self_p->connection.output, size_p);
}

void messi_core_client_written(struct messi_core_client_t *self_p, size_t size)
{
    messi_output_written(&self_p->connection.output, size);
}

void *messi_core_client_new_message(struct messi_core_client_t *self_p)
{
    self_p->output.message_p = messi_frame_new_message(self_p->type_p->sent_p,
                                                       &self_p->workspace_out,
                                                       &self_p->output.arena);

    return self_p->output.message_p;
}

void messi_core_client_drop_message(struct messi_core_client_t *self_p)
{
    self_p->output.message_p = NULL;
}

int messi_core_client_send(struct messi_core_client_t *self_p)
{
    int res;

    if (self_p->state != messi_client_state_connected_t) {
        return -1;
    }

    res = messi_output_encode(&self_p->connection.output,
                              MESSI_MESSAGE_TYPE_CLIENT_TO_SERVER_USER,
                              self_p->type_p->sent_p,
                              self_p->output.message_p,
                              self_p->output.frame_size_max);

    if (res == MESSI_FRAME_ENCODE_ERROR) {
        messi_core_client_end(self_p,
                              messi_disconnect_reason_message_encode_error_t);
    } else if (res != 0) {
        messi_core_client_end(self_p, messi_disconnect_reason_output_full_t);
    }

    return (res == 0) ? 0 : -1;
}
