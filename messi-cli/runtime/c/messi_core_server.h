/*
 * A server without I/O, for any operating system or none. Part of the messi C
 * runtime. Generated servers are thin, typed wrappers of it: read the
 * documentation of {name}_server.h for how to use one.
 */

#ifndef MESSI_CORE_SERVER_H
#define MESSI_CORE_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "messi_connection.h"

#ifdef __cplusplus
extern "C" {
#endif

/** State of a place for a client. */
enum messi_server_client_state_t {
    messi_server_client_state_free_t = 0,
    messi_server_client_state_connected_t,
    /* The connection has ended, which the program does not know yet. */
    messi_server_client_state_ended_t
};

/**
 * One client of a server. All members are private.
 */
struct messi_core_server_client_t {
    /* Number of this connection, which no later one has. */
    uint32_t id;
    /* Reason of the last end. */
    enum messi_disconnect_reason_t disconnect_reason;
    enum messi_server_client_state_t state;
    struct messi_connection_t connection;
    struct messi_core_server_client_t *next_p;
    struct messi_core_server_client_t *prev_p;
};

struct messi_core_server_t;

/**
 * The types of a protocol, and the calls of the program's callbacks.
 */
struct messi_server_type_t {
    const struct messi_type_t *sent_p;
    const struct messi_type_t *received_p;
    void (*on_client_connected)(struct messi_core_server_t *self_p,
                                struct messi_core_server_client_t *client_p);
    void (*on_client_disconnected)(struct messi_core_server_t *self_p,
                                   struct messi_core_server_client_t *client_p);
    void (*on_message)(struct messi_core_server_t *self_p,
                       struct messi_core_server_client_t *client_p,
                       void *message_p);
};

/**
 * Tries to write a frame at once, and returns how many bytes are written. The
 * rest is queued. Nothing may be written if there are queued bytes before it,
 * which this function may write first. May call messi_core_server_end().
 */
typedef size_t (*messi_server_write_t)(struct messi_core_server_t *self_p,
                                       struct messi_core_server_client_t *client_p,
                                       const uint8_t *frame_p,
                                       size_t size);

/**
 * Tries to write the queue of a client, before its connection ends in an
 * orderly way: the rest is dropped. May call messi_core_server_end().
 */
typedef void (*messi_server_flush_t)(struct messi_core_server_t *self_p,
                                     struct messi_core_server_client_t *client_p);

/** List of clients. A client is in one list at most. */
struct messi_server_list_t {
    struct messi_core_server_client_t *first_p;
    struct messi_core_server_client_t *last_p;
};

/**
 * A server. All members are private.
 */
struct messi_core_server_t {
    const struct messi_server_type_t *type_p;
    /* NULL to queue each frame as a whole. */
    messi_server_write_t write;
    /* NULL to drop the queue when a connection ends. */
    messi_server_flush_t flush;
    /* Places for clients, each of `client_size` bytes. */
    uint8_t *clients_p;
    size_t client_size;
    int clients_max;
    struct messi_server_list_t free;
    struct messi_server_list_t connected;
    struct messi_server_list_t ended;
    /* Client whose message is being handled. */
    struct messi_core_server_client_t *current_p;
    uint32_t next_id;
    /* Time of the next check for silent clients, if there are clients. */
    uint32_t check_at;
    bool has_check;
    struct messi_buffer_t workspace_in;
    struct messi_buffer_t workspace_out;
    struct {
        struct messi_arena_t arena;
        void *message_p;
        struct messi_buffer_t encoded;
    } output;
};

/**
 * The memory of a server.
 */
struct messi_server_buffers_t {
    /* Received bytes of all clients: for each, a header and the largest
       payload. */
    uint8_t *clients_input_p;
    size_t client_input_size;
    /* Bytes to write to all clients: for each, the size of its queue. */
    uint8_t *clients_output_p;
    size_t client_output_size;
    /* The encoded message that is being sent. */
    struct messi_buffer_t message;
    /* The message that is being received. */
    struct messi_buffer_t workspace_in;
    /* The message that is being sent. */
    struct messi_buffer_t workspace_out;
};

/**
 * Initializes a server without clients. `clients_p` is an array of
 * `clients_max` structs of `client_size` bytes, each of which begins with a
 * struct messi_core_server_client_t. Returns zero, or -1 if a buffer for
 * frames does not even hold the header of a frame.
 */
int messi_core_server_init(struct messi_core_server_t *self_p,
                           const struct messi_server_type_t *type_p,
                           void *clients_p,
                           size_t client_size,
                           int clients_max,
                           const struct messi_server_buffers_t *buffers_p);

/**
 * Drops all clients. No callback is called. The host closes their connections.
 */
void messi_core_server_stop(struct messi_core_server_t *self_p);

/**
 * Takes a place for a client that has connected. Returns NULL if all are
 * taken. The host must call messi_core_server_connected() next.
 */
struct messi_core_server_client_t *messi_core_server_accept(
    struct messi_core_server_t *self_p,
    uint32_t now);

/**
 * Calls on_client_connected() for a client that was accepted.
 */
void messi_core_server_connected(struct messi_core_server_t *self_p,
                                 struct messi_core_server_client_t *client_p);

/**
 * Ends the connection of a client, for example because the client has closed
 * it. on_client_disconnected() is called by the next messi_core_server_poll().
 */
void messi_core_server_end(struct messi_core_server_t *self_p,
                           struct messi_core_server_client_t *client_p,
                           enum messi_disconnect_reason_t reason);

/**
 * Ends the connections of silent clients. Calls on_client_disconnected() for
 * one client whose connection has ended, and returns it. The host may write
 * the output that is left, as far as it is accepted, and closes that connection
 * at once, as the place may be taken by the next client. It calls this function
 * again until it returns NULL.
 */
struct messi_core_server_client_t *messi_core_server_poll(
    struct messi_core_server_t *self_p,
    uint32_t now);

/**
 * Returns how many milliseconds the host may wait before the next
 * messi_core_server_poll(), or MESSI_NO_TIMEOUT.
 */
uint32_t messi_core_server_timeout(const struct messi_core_server_t *self_p,
                                   uint32_t now);

/**
 * Returns where to store bytes received from a client, and in `*size_p` how
 * many fit.
 */
uint8_t *messi_core_server_receive_buffer(
    struct messi_core_server_client_t *client_p,
    size_t *size_p);

/**
 * Handles `size` bytes that were stored in the receive buffer. Calls
 * on_message() for each message that they complete.
 */
void messi_core_server_received(struct messi_core_server_t *self_p,
                                struct messi_core_server_client_t *client_p,
                                size_t size,
                                uint32_t now);

/**
 * Handles bytes received from a client that are somewhere else, such as in a
 * buffer of the network stack.
 */
void messi_core_server_input(struct messi_core_server_t *self_p,
                             struct messi_core_server_client_t *client_p,
                             const uint8_t *data_p,
                             size_t size,
                             uint32_t now);

/**
 * Returns the bytes to write to a client next, and their number in `*size_p`,
 * which is zero if there are none. They are valid until the next call of any
 * function of the server.
 */
const uint8_t *messi_core_server_output(
    const struct messi_core_server_client_t *client_p,
    size_t *size_p);

/**
 * Records that the first `size` bytes of the output are written.
 */
void messi_core_server_written(struct messi_core_server_client_t *client_p,
                               size_t size);

/**
 * Prepares an empty message to be sent, and returns it. Returns NULL if the
 * workspace is too small.
 */
void *messi_core_server_new_message(struct messi_core_server_t *self_p);

/**
 * Gives up the prepared message: sending it is an error.
 */
void messi_core_server_drop_message(struct messi_core_server_t *self_p);

/**
 * Sends the prepared message to a client. A client that has no room for it in
 * its queue is disconnected.
 *
 * Returns zero, or -1 if the message can't be encoded, or if the client is not
 * connected.
 */
int messi_core_server_send(struct messi_core_server_t *self_p,
                           struct messi_core_server_client_t *client_p);

/**
 * Sends the prepared message to the client whose message is being handled.
 */
int messi_core_server_reply(struct messi_core_server_t *self_p);

/**
 * Sends the prepared message to all clients. It is encoded once.
 */
int messi_core_server_broadcast(struct messi_core_server_t *self_p);

/**
 * Disconnects a client, or the one whose message is being handled if
 * `client_p` is NULL. What `flush` does not write of its queue is dropped.
 */
void messi_core_server_disconnect(struct messi_core_server_t *self_p,
                                  struct messi_core_server_client_t *client_p);

#ifdef __cplusplus
}
#endif

#endif
