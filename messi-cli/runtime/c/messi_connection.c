/*
 * One connection without I/O.
 */

#include <string.h>

#include "messi_connection.h"

bool messi_time_is_due(uint32_t deadline, uint32_t now)
{
    return now - deadline < 0x80000000u;
}

void messi_connection_init(struct messi_connection_t *self_p,
                           enum messi_side_t side,
                           struct messi_buffer_t input)
{
    self_p->side = side;
    self_p->input.buf_p = input.buf_p;
    self_p->input.size = input.size;
    self_p->input.begin = 0;
    self_p->input.end = 0;
}

void messi_connection_open(struct messi_connection_t *self_p, uint32_t now)
{
    self_p->input.begin = 0;
    self_p->input.end = 0;
    messi_output_reset(&self_p->output);

    if (self_p->side == messi_side_client_t) {
        self_p->keep_alive.client.next_ping = now + MESSI_CONFIG_PING_INTERVAL_MS;
        self_p->keep_alive.client.is_silent = false;
    } else {
        self_p->keep_alive.server.last_activity = now;
        self_p->keep_alive.server.next_pong = now + MESSI_CONFIG_PONG_INTERVAL_MS;
    }
}

uint8_t *messi_connection_receive_buffer(struct messi_connection_t *self_p,
                                         size_t *size_p)
{
    *size_p = self_p->input.size - self_p->input.end;

    return self_p->input.buf_p + self_p->input.end;
}

static void send_pong(struct messi_connection_t *self_p, uint32_t now)
{
    messi_output_keep_alive(&self_p->output, MESSI_MESSAGE_TYPE_PONG);
    self_p->keep_alive.server.next_pong = now + MESSI_CONFIG_PONG_INTERVAL_MS;
}

void messi_connection_received(struct messi_connection_t *self_p,
                               size_t size,
                               uint32_t now)
{
    self_p->input.end += size;

    if (size == 0) {
        return;
    }

    if (self_p->side == messi_side_client_t) {
        self_p->keep_alive.client.is_silent = false;
        return;
    }

    self_p->keep_alive.server.last_activity = now;

    if (messi_time_is_due(self_p->keep_alive.server.next_pong, now)) {
        send_pong(self_p, now);
    }
}

/* Checks a frame by its header alone, before the frame is received. */
static bool is_acceptable(const struct messi_connection_t *self_p,
                          const uint8_t *header_p,
                          enum messi_disconnect_reason_t *reason_p)
{
    size_t frame_size;

    if ((self_p->side == messi_side_server_t)
        && (header_p[0] != MESSI_MESSAGE_TYPE_CLIENT_TO_SERVER_USER)
        && (header_p[0] != MESSI_MESSAGE_TYPE_PING)) {
        *reason_p = messi_disconnect_reason_unexpected_type_t;

        return false;
    }

    frame_size = MESSI_HEADER_SIZE + messi_frame_payload_size(header_p);

    if (frame_size > self_p->input.size) {
        *reason_p = messi_disconnect_reason_message_too_big_t;

        return false;
    }

    return true;
}

/* Handles a complete frame. Returns true if it is a message. */
static bool handle_frame(struct messi_connection_t *self_p,
                         uint8_t frame_type,
                         uint32_t now)
{
    if (self_p->side == messi_side_client_t) {
        return frame_type == MESSI_MESSAGE_TYPE_SERVER_TO_CLIENT_USER;
    }

    if (frame_type == MESSI_MESSAGE_TYPE_PING) {
        send_pong(self_p, now);
    }

    return frame_type == MESSI_MESSAGE_TYPE_CLIENT_TO_SERVER_USER;
}

/* Moves the partial frame to the start of the buffer, so that it fits. */
static void compact(struct messi_connection_t *self_p)
{
    size_t size;

    size = self_p->input.end - self_p->input.begin;

    if ((self_p->input.begin > 0) && (size > 0)) {
        memmove(self_p->input.buf_p,
                self_p->input.buf_p + self_p->input.begin,
                size);
    }

    self_p->input.begin = 0;
    self_p->input.end = size;
}

enum messi_next_t messi_connection_next(struct messi_connection_t *self_p,
                                        struct messi_buffer_t *payload_p,
                                        enum messi_disconnect_reason_t *reason_p,
                                        uint32_t now)
{
    uint8_t *header_p;
    size_t size;

    while (self_p->input.end - self_p->input.begin >= MESSI_HEADER_SIZE) {
        header_p = self_p->input.buf_p + self_p->input.begin;

        if (!is_acceptable(self_p, header_p, reason_p)) {
            return messi_next_error_t;
        }

        size = messi_frame_payload_size(header_p);

        if (self_p->input.end - self_p->input.begin < MESSI_HEADER_SIZE + size) {
            break;
        }

        self_p->input.begin += MESSI_HEADER_SIZE + size;

        if (handle_frame(self_p, header_p[0], now)) {
            payload_p->buf_p = header_p + MESSI_HEADER_SIZE;
            payload_p->size = size;

            return messi_next_message_t;
        }
    }

    compact(self_p);

    return messi_next_receive_t;
}

/* A client pings at a fixed interval. The silence of the server counts from
   the first ping that nothing followed, not from its last byte: those of an
   idle server are pongs, just as far apart as the pings. */
static bool poll_client(struct messi_connection_t *self_p, uint32_t now)
{
    if (self_p->keep_alive.client.is_silent
        && messi_time_is_due(self_p->keep_alive.client.silent_since
                             + MESSI_CONFIG_PING_TIMEOUT_MS,
                             now)) {
        return false;
    }

    if (messi_time_is_due(self_p->keep_alive.client.next_ping, now)) {
        if (!self_p->keep_alive.client.is_silent) {
            self_p->keep_alive.client.is_silent = true;
            self_p->keep_alive.client.silent_since = now;
        }

        messi_output_keep_alive(&self_p->output, MESSI_MESSAGE_TYPE_PING);
        self_p->keep_alive.client.next_ping = now + MESSI_CONFIG_PING_INTERVAL_MS;
    }

    return true;
}

bool messi_connection_poll(struct messi_connection_t *self_p, uint32_t now)
{
    if (self_p->side == messi_side_client_t) {
        return poll_client(self_p, now);
    }

    return !messi_time_is_due(self_p->keep_alive.server.last_activity
                              + MESSI_CONFIG_CLIENT_TIMEOUT_MS,
                              now);
}

uint32_t messi_connection_deadline(const struct messi_connection_t *self_p)
{
    uint32_t timeout;

    if (self_p->side == messi_side_server_t) {
        return self_p->keep_alive.server.last_activity
               + MESSI_CONFIG_CLIENT_TIMEOUT_MS;
    }

    if (self_p->keep_alive.client.is_silent) {
        timeout = (self_p->keep_alive.client.silent_since
                   + MESSI_CONFIG_PING_TIMEOUT_MS);

        if (messi_time_is_due(timeout, self_p->keep_alive.client.next_ping)) {
            return timeout;
        }
    }

    return self_p->keep_alive.client.next_ping;
}

const char *messi_disconnect_reason_string(
    enum messi_disconnect_reason_t disconnect_reason)
{
    switch (disconnect_reason) {

    case messi_disconnect_reason_message_encode_error_t:
        return "Message encode error.";

    case messi_disconnect_reason_message_decode_error_t:
        return "Message decode error.";

    case messi_disconnect_reason_connection_closed_t:
        return "Connection closed.";

    case messi_disconnect_reason_keep_alive_timeout_t:
        return "Keep alive timeout.";

    case messi_disconnect_reason_general_error_t:
        return "General error.";

    case messi_disconnect_reason_message_too_big_t:
        return "Message too big.";

    case messi_disconnect_reason_output_full_t:
        return "Output full.";

    case messi_disconnect_reason_unexpected_type_t:
        return "Unexpected message type.";

    case messi_disconnect_reason_disconnected_t:
        return "Disconnected.";

    default:
        return "*** Unknown ***";
    }
}
