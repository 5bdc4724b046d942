/*
 * A server without I/O.
 *
 * Each place for a client is in one of three lists, by its state: free,
 * connected or ended. Only messi_core_server_poll() moves a place from ended
 * to free, after its callback. A callback can thus end any connection while
 * the clients are walked through or the input of one is handled.
 */

#include <string.h>

#include "messi_core_server.h"

static void list_append(struct messi_server_list_t *self_p,
                        struct messi_core_server_client_t *client_p)
{
    client_p->next_p = NULL;
    client_p->prev_p = self_p->last_p;

    if (self_p->last_p != NULL) {
        self_p->last_p->next_p = client_p;
    } else {
        self_p->first_p = client_p;
    }

    self_p->last_p = client_p;
}

static void list_remove(struct messi_server_list_t *self_p,
                        struct messi_core_server_client_t *client_p)
{
    if (client_p->prev_p != NULL) {
        client_p->prev_p->next_p = client_p->next_p;
    } else {
        self_p->first_p = client_p->next_p;
    }

    if (client_p->next_p != NULL) {
        client_p->next_p->prev_p = client_p->prev_p;
    } else {
        self_p->last_p = client_p->prev_p;
    }
}

static struct messi_core_server_client_t *client_at(
    struct messi_core_server_t *self_p,
    int index)
{
    return (void *)(self_p->clients_p + (size_t)index * self_p->client_size);
}

static void init_client(struct messi_core_server_client_t *client_p,
                        const struct messi_server_buffers_t *buffers_p,
                        size_t index)
{
    struct messi_buffer_t input;
    uint8_t *output_p;

    input.buf_p = buffers_p->clients_input_p + index * buffers_p->client_input_size;
    input.size = buffers_p->client_input_size;
    output_p = buffers_p->clients_output_p;

    if (output_p != NULL) {
        output_p += index * buffers_p->client_output_size;
    }

    messi_connection_init(&client_p->connection, messi_side_server_t, input);
    messi_output_init(&client_p->connection.output,
                      output_p,
                      buffers_p->client_output_size);
    client_p->id = 0;
    client_p->disconnect_reason = messi_disconnect_reason_connection_closed_t;
}

static void free_all_clients(struct messi_core_server_t *self_p)
{
    struct messi_core_server_client_t *client_p;
    int i;

    memset(&self_p->free, 0, sizeof(self_p->free));
    memset(&self_p->connected, 0, sizeof(self_p->connected));
    memset(&self_p->ended, 0, sizeof(self_p->ended));

    for (i = 0; i < self_p->clients_max; i++) {
        client_p = client_at(self_p, i);
        client_p->state = messi_server_client_state_free_t;
        list_append(&self_p->free, client_p);
    }
}

int messi_core_server_init(struct messi_core_server_t *self_p,
                           const struct messi_server_type_t *type_p,
                           void *clients_p,
                           size_t client_size,
                           int clients_max,
                           const struct messi_server_buffers_t *buffers_p)
{
    int i;

    if ((buffers_p->client_input_size < MESSI_HEADER_SIZE)
        || (buffers_p->message.size < MESSI_HEADER_SIZE)) {
        return -1;
    }

    memset(self_p, 0, sizeof(*self_p));
    self_p->type_p = type_p;
    self_p->clients_p = clients_p;
    self_p->client_size = client_size;
    self_p->clients_max = clients_max;
    self_p->next_id = 1;
    self_p->workspace_in = buffers_p->workspace_in;
    self_p->workspace_out = buffers_p->workspace_out;
    self_p->output.encoded = buffers_p->message;

    for (i = 0; i < clients_max; i++) {
        init_client(client_at(self_p, i), buffers_p, (size_t)i);
    }

    free_all_clients(self_p);

    return 0;
}

void messi_core_server_stop(struct messi_core_server_t *self_p)
{
    int i;

    for (i = 0; i < self_p->clients_max; i++) {
        messi_output_reset(&client_at(self_p, i)->connection.output);
    }

    free_all_clients(self_p);
    self_p->current_p = NULL;
    self_p->has_check = false;
}

struct messi_core_server_client_t *messi_core_server_accept(
    struct messi_core_server_t *self_p,
    uint32_t now)
{
    struct messi_core_server_client_t *client_p;

    client_p = self_p->free.first_p;

    if (client_p == NULL) {
        return NULL;
    }

    list_remove(&self_p->free, client_p);
    list_append(&self_p->connected, client_p);
    client_p->state = messi_server_client_state_connected_t;
    client_p->id = self_p->next_id;
    self_p->next_id++;
    messi_connection_open(&client_p->connection, now);

    /* The deadlines of all other clients are earlier. */
    if (!self_p->has_check) {
        self_p->has_check = true;
        self_p->check_at = messi_connection_deadline(&client_p->connection);
    }

    return client_p;
}

void messi_core_server_connected(struct messi_core_server_t *self_p,
                                 struct messi_core_server_client_t *client_p)
{
    self_p->type_p->on_client_connected(self_p, client_p);
}

void messi_core_server_end(struct messi_core_server_t *self_p,
                           struct messi_core_server_client_t *client_p,
                           enum messi_disconnect_reason_t reason)
{
    if (client_p->state == messi_server_client_state_connected_t) {
        list_remove(&self_p->connected, client_p);
        list_append(&self_p->ended, client_p);
        client_p->state = messi_server_client_state_ended_t;
        client_p->disconnect_reason = reason;
    }
}

/* Ends a connection after the messages that were sent before. */
static void flush_and_end(struct messi_core_server_t *self_p,
                          struct messi_core_server_client_t *client_p,
                          enum messi_disconnect_reason_t reason)
{
    if ((self_p->flush != NULL)
        && (client_p->state == messi_server_client_state_connected_t)) {
        self_p->flush(self_p, client_p);
    }

    messi_core_server_end(self_p, client_p, reason);
}

/* Ends the connections of silent clients, and finds the next deadline. */
static void check_keep_alive(struct messi_core_server_t *self_p, uint32_t now)
{
    struct messi_core_server_client_t *client_p;
    struct messi_core_server_client_t *next_p;
    uint32_t deadline;

    self_p->has_check = false;

    for (client_p = self_p->connected.first_p; client_p != NULL; client_p = next_p) {
        next_p = client_p->next_p;

        if (!messi_connection_poll(&client_p->connection, now)) {
            messi_core_server_end(self_p,
                                  client_p,
                                  messi_disconnect_reason_keep_alive_timeout_t);
            continue;
        }

        deadline = messi_connection_deadline(&client_p->connection);

        if (!self_p->has_check || messi_time_is_due(deadline, self_p->check_at)) {
            self_p->has_check = true;
            self_p->check_at = deadline;
        }
    }
}

struct messi_core_server_client_t *messi_core_server_poll(
    struct messi_core_server_t *self_p,
    uint32_t now)
{
    struct messi_core_server_client_t *client_p;

    if (self_p->has_check && messi_time_is_due(self_p->check_at, now)) {
        check_keep_alive(self_p, now);
    }

    client_p = self_p->ended.first_p;

    if (client_p == NULL) {
        return NULL;
    }

    list_remove(&self_p->ended, client_p);
    self_p->type_p->on_client_disconnected(self_p, client_p);

    /* The callback may have stopped the server, which frees all places. */
    if (client_p->state == messi_server_client_state_ended_t) {
        client_p->state = messi_server_client_state_free_t;
        list_append(&self_p->free, client_p);
    }

    return client_p;
}

uint32_t messi_core_server_timeout(const struct messi_core_server_t *self_p,
                                   uint32_t now)
{
    if (self_p->ended.first_p != NULL) {
        return 0;
    }

    if (!self_p->has_check) {
        return MESSI_NO_TIMEOUT;
    }

    if (messi_time_is_due(self_p->check_at, now)) {
        return 0;
    }

    return self_p->check_at - now;
}

uint8_t *messi_core_server_receive_buffer(
    struct messi_core_server_client_t *client_p,
    size_t *size_p)
{
    return messi_connection_receive_buffer(&client_p->connection, size_p);
}

static void handle_message(struct messi_core_server_t *self_p,
                           struct messi_core_server_client_t *client_p,
                           const struct messi_buffer_t *payload_p)
{
    struct messi_arena_t arena;
    void *message_p;

    message_p = messi_frame_decode(self_p->type_p->received_p,
                                   payload_p,
                                   &self_p->workspace_in,
                                   &arena);

    if (message_p == NULL) {
        flush_and_end(self_p,
                      client_p,
                      messi_disconnect_reason_message_decode_error_t);
    } else {
        self_p->type_p->on_message(self_p, client_p, message_p);
    }
}

void messi_core_server_received(struct messi_core_server_t *self_p,
                                struct messi_core_server_client_t *client_p,
                                size_t size,
                                uint32_t now)
{
    struct messi_buffer_t payload;
    enum messi_disconnect_reason_t reason;
    enum messi_next_t next;

    if (client_p->state != messi_server_client_state_connected_t) {
        return;
    }

    messi_connection_received(&client_p->connection, size, now);
    self_p->current_p = client_p;

    /* A callback may have disconnected the client or stopped the server. */
    while (client_p->state == messi_server_client_state_connected_t) {
        next = messi_connection_next(&client_p->connection, &payload, &reason, now);

        if (next == messi_next_message_t) {
            handle_message(self_p, client_p, &payload);
        } else if (next == messi_next_error_t) {
            flush_and_end(self_p, client_p, reason);
        } else {
            break;
        }
    }

    self_p->current_p = NULL;
}

void messi_core_server_input(struct messi_core_server_t *self_p,
                             struct messi_core_server_client_t *client_p,
                             const uint8_t *data_p,
                             size_t size,
                             uint32_t now)
{
    uint8_t *buf_p;
    size_t step;

    while ((size > 0)
           && (client_p->state == messi_server_client_state_connected_t)) {
        buf_p = messi_core_server_receive_buffer(client_p, &step);

        if (step > size) {
            step = size;
        }

        memcpy(buf_p, data_p, step);
        data_p += step;
        size -= step;
        messi_core_server_received(self_p, client_p, step, now);
    }
}

const uint8_t *messi_core_server_output(
    const struct messi_core_server_client_t *client_p,
    size_t *size_p)
{
    return messi_output_peek(&client_p->connection.output, size_p);
}

void messi_core_server_written(struct messi_core_server_client_t *client_p,
                               size_t size)
{
    messi_output_written(&client_p->connection.output, size);
}

void *messi_core_server_new_message(struct messi_core_server_t *self_p)
{
    self_p->output.message_p = messi_frame_new_message(self_p->type_p->sent_p,
                                                       &self_p->workspace_out,
                                                       &self_p->output.arena);

    return self_p->output.message_p;
}

void messi_core_server_drop_message(struct messi_core_server_t *self_p)
{
    self_p->output.message_p = NULL;
}

/* Encodes the prepared message. Returns the frame, or NULL. */
static const uint8_t *encode(struct messi_core_server_t *self_p, size_t *size_p)
{
    int size;

    size = messi_frame_encode(MESSI_MESSAGE_TYPE_SERVER_TO_CLIENT_USER,
                              self_p->type_p->sent_p,
                              self_p->output.message_p,
                              self_p->output.encoded.buf_p,
                              self_p->output.encoded.size);

    if (size < 0) {
        return NULL;
    }

    *size_p = (size_t)size;

    return self_p->output.encoded.buf_p + self_p->output.encoded.size - size;
}

static void deliver(struct messi_core_server_t *self_p,
                    struct messi_core_server_client_t *client_p,
                    const uint8_t *frame_p,
                    size_t size)
{
    size_t written;

    written = 0;

    if (self_p->write != NULL) {
        written = self_p->write(self_p, client_p, frame_p, size);

        if (client_p->state != messi_server_client_state_connected_t) {
            return;
        }
    }

    if (messi_output_push(&client_p->connection.output,
                          frame_p,
                          size,
                          written) != 0) {
        messi_core_server_end(self_p,
                              client_p,
                              messi_disconnect_reason_output_full_t);
    }
}

int messi_core_server_send(struct messi_core_server_t *self_p,
                           struct messi_core_server_client_t *client_p)
{
    const uint8_t *frame_p;
    size_t size;

    if ((client_p == NULL)
        || (client_p->state != messi_server_client_state_connected_t)) {
        return -1;
    }

    frame_p = encode(self_p, &size);

    if (frame_p == NULL) {
        return -1;
    }

    deliver(self_p, client_p, frame_p, size);

    return 0;
}

int messi_core_server_reply(struct messi_core_server_t *self_p)
{
    return messi_core_server_send(self_p, self_p->current_p);
}

int messi_core_server_broadcast(struct messi_core_server_t *self_p)
{
    struct messi_core_server_client_t *client_p;
    struct messi_core_server_client_t *next_p;
    const uint8_t *frame_p;
    size_t size;

    frame_p = encode(self_p, &size);

    if (frame_p == NULL) {
        return -1;
    }

    for (client_p = self_p->connected.first_p; client_p != NULL; client_p = next_p) {
        next_p = client_p->next_p;
        deliver(self_p, client_p, frame_p, size);
    }

    return 0;
}

void messi_core_server_disconnect(struct messi_core_server_t *self_p,
                                  struct messi_core_server_client_t *client_p)
{
    if (client_p == NULL) {
        client_p = self_p->current_p;
    }

    if (client_p != NULL) {
        flush_and_end(self_p, client_p, messi_disconnect_reason_disconnected_t);
    }
}
