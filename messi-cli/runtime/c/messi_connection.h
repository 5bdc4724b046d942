/*
 * One connection without I/O: received bytes and the time in, frames, bytes to
 * write and the next deadline out. Part of the messi C runtime.
 *
 * A time is a number of milliseconds that may wrap around. Its start does not
 * matter.
 */

#ifndef MESSI_CONNECTION_H
#define MESSI_CONNECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "messi_output.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Time between two pings of a client. A server of the original Messi closes
   the connection after three seconds without a ping. */
#ifndef MESSI_CONFIG_PING_INTERVAL_MS
#    define MESSI_CONFIG_PING_INTERVAL_MS 2000
#endif

/* Silence of the server after a ping, after which a client disconnects. */
#ifndef MESSI_CONFIG_PING_TIMEOUT_MS
#    define MESSI_CONFIG_PING_TIMEOUT_MS MESSI_CONFIG_PING_INTERVAL_MS
#endif

/* Silence of a client, after which a server disconnects it. */
#ifndef MESSI_CONFIG_CLIENT_TIMEOUT_MS
#    define MESSI_CONFIG_CLIENT_TIMEOUT_MS 3000
#endif

/* Time after which a server sends a pong without a ping to a client that it
   receives from: the pings may be stuck behind a long upload. */
#ifndef MESSI_CONFIG_PONG_INTERVAL_MS
#    define MESSI_CONFIG_PONG_INTERVAL_MS 1000
#endif

/* Returned instead of a time in milliseconds if there is no deadline. */
#define MESSI_NO_TIMEOUT UINT32_MAX

/** Reason of the end of a connection. */
enum messi_disconnect_reason_t {
    messi_disconnect_reason_message_encode_error_t = 0,
    messi_disconnect_reason_message_decode_error_t,
    messi_disconnect_reason_connection_closed_t,
    messi_disconnect_reason_keep_alive_timeout_t,
    messi_disconnect_reason_general_error_t,
    messi_disconnect_reason_message_too_big_t,
    /* The peer reads too slowly: there is no room for a message to it. */
    messi_disconnect_reason_output_full_t,
    /* A client sent a frame of a type that only servers send, or of an
       unknown type. */
    messi_disconnect_reason_unexpected_type_t,
    /* This side called its disconnect function. */
    messi_disconnect_reason_disconnected_t
};

/** Side of a connection. */
enum messi_side_t {
    messi_side_client_t = 0,
    messi_side_server_t
};

/** Result of messi_connection_next(). */
enum messi_next_t {
    /* There is no complete message. Receive more. */
    messi_next_receive_t = 0,
    /* There is a message. */
    messi_next_message_t,
    /* The peer sent something that it must not send. */
    messi_next_error_t
};

/**
 * One connection. All members are private.
 */
struct messi_connection_t {
    enum messi_side_t side;
    struct {
        uint8_t *buf_p;
        size_t size;
        /* Received bytes of which no frame is taken yet. */
        size_t begin;
        size_t end;
    } input;
    struct messi_output_t output;
    union {
        struct {
            uint32_t next_ping;
            /* Time of the first ping since which nothing was received. */
            uint32_t silent_since;
            bool is_silent;
        } client;
        struct {
            uint32_t last_activity;
            /* Time from which on a pong is sent without a ping. */
            uint32_t next_pong;
        } server;
    } keep_alive;
};

/**
 * Initializes a connection. `input` must hold a header and the largest
 * payload: a frame above it closes the connection. The output queue is
 * initialized by the caller.
 */
void messi_connection_init(struct messi_connection_t *self_p,
                           enum messi_side_t side,
                           struct messi_buffer_t input);

/**
 * Begins a connection. Everything that is left of an earlier one is dropped.
 */
void messi_connection_open(struct messi_connection_t *self_p, uint32_t now);

/**
 * Returns where to store received bytes, and in `*size_p` how many fit, which
 * is at least one after messi_connection_next() returned
 * messi_next_receive_t.
 */
uint8_t *messi_connection_receive_buffer(struct messi_connection_t *self_p,
                                         size_t *size_p);

/**
 * Records that `size` bytes were received into the receive buffer. Each byte
 * is a sign of life of the peer.
 */
void messi_connection_received(struct messi_connection_t *self_p,
                               size_t size,
                               uint32_t now);

/**
 * Takes the next message out of the receive buffer. Pings are answered, and
 * pongs and frames that are to be ignored are skipped.
 *
 * Sets `*payload_p` if there is a message. It is valid until the next call of
 * this function, or of messi_connection_receive_buffer(). Sets `*reason_p` if
 * the connection must be closed.
 */
enum messi_next_t messi_connection_next(struct messi_connection_t *self_p,
                                        struct messi_buffer_t *payload_p,
                                        enum messi_disconnect_reason_t *reason_p,
                                        uint32_t now);

/**
 * Handles keep-alive: queues a ping if one is due. Returns false if the peer
 * was silent for so long that the connection must be closed.
 */
bool messi_connection_poll(struct messi_connection_t *self_p, uint32_t now);

/**
 * Returns the time of the next call of messi_connection_poll().
 */
uint32_t messi_connection_deadline(const struct messi_connection_t *self_p);

/**
 * Returns true if `deadline` is not after `now`. Both may have wrapped
 * around: they must be less than 24 days apart.
 */
bool messi_time_is_due(uint32_t deadline, uint32_t now);

/**
 * Returns a text such as "Keep alive timeout.".
 */
const char *messi_disconnect_reason_string(
    enum messi_disconnect_reason_t disconnect_reason);

#ifdef __cplusplus
}
#endif

#endif
