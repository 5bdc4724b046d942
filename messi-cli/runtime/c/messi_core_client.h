/*
 * A client without I/O, for any operating system or none. Part of the messi C
 * runtime. Generated clients are thin, typed wrappers of it: read the
 * documentation of {name}_client.h for how to use one.
 */

#ifndef MESSI_CORE_CLIENT_H
#define MESSI_CORE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "messi_connection.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Longest time of an attempt to connect. */
#ifndef MESSI_CONFIG_CONNECT_TIMEOUT_MS
#    define MESSI_CONFIG_CONNECT_TIMEOUT_MS 5000
#endif

/* First delay before reconnecting. It doubles with each attempt, and a random
   time of up to a quarter of it is added, so that the clients of a server that
   has failed do not all return at the same moment. */
#ifndef MESSI_CONFIG_RECONNECT_MIN_MS
#    define MESSI_CONFIG_RECONNECT_MIN_MS 1000
#endif

/* Longest delay before reconnecting, without the random time. */
#ifndef MESSI_CONFIG_RECONNECT_MAX_MS
#    define MESSI_CONFIG_RECONNECT_MAX_MS 30000
#endif

/* Age of a connection from which on the delay starts again at its minimum. A
   server that accepts and closes is not asked every second. */
#ifndef MESSI_CONFIG_STABLE_AFTER_MS
#    define MESSI_CONFIG_STABLE_AFTER_MS 10000
#endif

/** Action that a client asks its host for. */
enum messi_action_t {
    /* Wait for input, for room for output, or for the timeout. */
    messi_action_wait_t = 0,
    /* Connect to the server. */
    messi_action_connect_t,
    /* Close the connection, or give up connecting. */
    messi_action_close_t
};

/** State of a client. */
enum messi_client_state_t {
    messi_client_state_stopped_t = 0,
    /* Waits until the next attempt to connect. */
    messi_client_state_waiting_t,
    messi_client_state_connecting_t,
    messi_client_state_connected_t,
    /* The connection has ended, which the program does not know yet. */
    messi_client_state_ended_t
};

struct messi_core_client_t;

/**
 * The types of a protocol, and the calls of the program's callbacks.
 */
struct messi_client_type_t {
    const struct messi_type_t *sent_p;
    const struct messi_type_t *received_p;
    void (*on_connected)(struct messi_core_client_t *self_p);
    void (*on_disconnected)(struct messi_core_client_t *self_p,
                            enum messi_disconnect_reason_t disconnect_reason);
    void (*on_message)(struct messi_core_client_t *self_p, void *message_p);
};

/**
 * A client. All members are private.
 */
struct messi_core_client_t {
    struct messi_connection_t connection;
    const struct messi_client_type_t *type_p;
    enum messi_client_state_t state;
    enum messi_disconnect_reason_t disconnect_reason;
    /* True from the action connect to the action close. */
    bool is_host_connected;
    /* True once the connection is older than MESSI_CONFIG_STABLE_AFTER_MS. */
    bool is_stable;
    uint8_t failures;
    /* End of the wait before, or of the time for, an attempt to connect. */
    uint32_t deadline;
    uint32_t connected_at;
    uint32_t random;
    struct messi_buffer_t workspace_in;
    struct messi_buffer_t workspace_out;
    struct {
        struct messi_arena_t arena;
        void *message_p;
        size_t frame_size_max;
    } output;
};

/**
 * The memory of a client.
 */
struct messi_client_buffers_t {
    /* Received bytes: a header and the largest payload. */
    struct messi_buffer_t input;
    /* The message that is being received. */
    struct messi_buffer_t workspace_in;
    /* Bytes to write: at least a header and the largest payload. */
    struct messi_buffer_t output;
    /* The message that is being sent. */
    struct messi_buffer_t workspace_out;
};

/**
 * Initializes a stopped client. Returns zero, or -1 if the buffer for input or
 * output does not even hold the header of a frame.
 */
int messi_core_client_init(struct messi_core_client_t *self_p,
                           const struct messi_client_type_t *type_p,
                           const struct messi_client_buffers_t *buffers_p,
                           uint32_t seed);

/**
 * Starts a stopped client. The next action is to connect.
 */
void messi_core_client_start(struct messi_core_client_t *self_p, uint32_t now);

/**
 * Stops the client. No callback is called. The next action is to close the
 * connection, if there is one. The client can be started again.
 */
void messi_core_client_stop(struct messi_core_client_t *self_p);

/**
 * Handles the time, and calls on_disconnected() if the connection has ended.
 * Returns the action that the host must perform now. The host calls this
 * function until the action is to wait: before it waits, and after it has.
 */
enum messi_action_t messi_core_client_poll(struct messi_core_client_t *self_p,
                                           uint32_t now);

/**
 * Returns how many milliseconds the host may wait before the next
 * messi_core_client_poll(), or MESSI_NO_TIMEOUT.
 */
uint32_t messi_core_client_timeout(const struct messi_core_client_t *self_p,
                                   uint32_t now);

/**
 * Records that the host is connected, and calls on_connected().
 */
void messi_core_client_connected(struct messi_core_client_t *self_p,
                                 uint32_t now);

/**
 * Records that the server has closed the connection, or that the attempt to
 * connect has failed. The host closes its side when
 * messi_core_client_poll() returns that action.
 */
void messi_core_client_disconnected(struct messi_core_client_t *self_p,
                                    uint32_t now);

/**
 * Records that an error ended the connection, for which on_disconnected() gets
 * the given reason. Does nothing if there is no connection.
 */
void messi_core_client_end(struct messi_core_client_t *self_p,
                           enum messi_disconnect_reason_t reason);

/**
 * Returns where to store received bytes, and in `*size_p` how many fit.
 */
uint8_t *messi_core_client_receive_buffer(struct messi_core_client_t *self_p,
                                          size_t *size_p);

/**
 * Handles `size` bytes that were stored in the receive buffer. Calls
 * on_message() for each message that they complete.
 */
void messi_core_client_received(struct messi_core_client_t *self_p,
                                size_t size,
                                uint32_t now);

/**
 * Handles received bytes that are somewhere else, such as in a buffer of the
 * network stack.
 */
void messi_core_client_input(struct messi_core_client_t *self_p,
                             const uint8_t *data_p,
                             size_t size,
                             uint32_t now);

/**
 * Returns the bytes to write next, and their number in `*size_p`, which is
 * zero if there are none. They are valid until the next call of any function
 * of this client.
 */
const uint8_t *messi_core_client_output(const struct messi_core_client_t *self_p,
                                        size_t *size_p);

/**
 * Records that the first `size` bytes of the output are written.
 */
void messi_core_client_written(struct messi_core_client_t *self_p, size_t size);

/**
 * Prepares an empty message to be sent, and returns it. Returns NULL if the
 * workspace is too small.
 */
void *messi_core_client_new_message(struct messi_core_client_t *self_p);

/**
 * Gives up the prepared message: sending it is an encode error.
 */
void messi_core_client_drop_message(struct messi_core_client_t *self_p);

/**
 * Queues the prepared message. It is dropped if there is no connection. The
 * connection ends if the message can't be encoded or if there is no room for
 * it; on_disconnected() is called by the next messi_core_client_poll().
 *
 * Returns zero, or -1 if the message is not queued.
 */
int messi_core_client_send(struct messi_core_client_t *self_p);

#ifdef __cplusplus
}
#endif

#endif
