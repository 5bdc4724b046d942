/*
 * The socket of one client of a server on Linux.
 */

#include <sys/epoll.h>

#include "messi_server_client.h"

struct messi_server_client_t *messi_server_client_of(
    struct messi_core_server_client_t *core_p)
{
    /* The core is the first member. */
    return (void *)core_p;
}

static struct messi_server_client_t **bucket_of(struct messi_server_t *self_p,
                                                int fd)
{
    return &self_p->clients_p[fd % self_p->clients_max].bucket_p;
}

struct messi_server_client_t *messi_server_find_client(struct messi_server_t *self_p,
                                                       int fd)
{
    struct messi_server_client_t *client_p;

    client_p = *bucket_of(self_p, fd);

    while ((client_p != NULL) && (client_p->fd != fd)) {
        client_p = client_p->next_in_bucket_p;
    }

    return client_p;
}

void messi_server_register_client(struct messi_server_t *self_p,
                                  struct messi_server_client_t *client_p,
                                  int fd)
{
    struct messi_server_client_t **bucket_pp;

    bucket_pp = bucket_of(self_p, fd);
    client_p->fd = fd;
    client_p->events = EPOLLIN;
    client_p->turn = self_p->turn - 1;
    client_p->is_delayed = false;
    client_p->next_in_bucket_p = *bucket_pp;
    *bucket_pp = client_p;
}

void messi_server_close_client(struct messi_server_t *self_p,
                               struct messi_server_client_t *client_p)
{
    struct messi_server_client_t **link_pp;

    if (client_p->fd == -1) {
        return;
    }

    link_pp = bucket_of(self_p, client_p->fd);

    while (*link_pp != client_p) {
        link_pp = &(*link_pp)->next_in_bucket_p;
    }

    *link_pp = client_p->next_in_bucket_p;
    messi_loop_close(&self_p->loop, &client_p->fd);
    /* Frees the heap memory of the queue. */
    messi_output_reset(&client_p->core.connection.output);
}

bool messi_server_client_is_connected(const struct messi_server_client_t *client_p)
{
    return client_p->core.state == messi_server_client_state_connected_t;
}

static void wait_for(struct messi_server_t *self_p,
                     struct messi_server_client_t *client_p,
                     uint32_t events)
{
    if (events == client_p->events) {
        return;
    }

    client_p->events = events;

    if (messi_loop_modify(&self_p->loop, client_p->fd, events) != 0) {
        messi_core_server_end(&self_p->core,
                              &client_p->core,
                              messi_disconnect_reason_general_error_t);
    }
}

/* Writes queued bytes, and waits for room in the socket for the rest. */
static void write_output(struct messi_server_t *self_p,
                         struct messi_server_client_t *client_p)
{
    const uint8_t *buf_p;
    size_t size;
    int total;
    int res;

    for (total = 0; total < MESSI_TURN_SIZE; total += res) {
        if (!messi_server_client_is_connected(client_p)) {
            return;
        }

        buf_p = messi_core_server_output(&client_p->core, &size);

        if (size == 0) {
            wait_for(self_p, client_p, EPOLLIN);

            return;
        }

        res = messi_socket_write(client_p->fd, buf_p, size);

        if (res == -1) {
            messi_core_server_end(&self_p->core,
                                  &client_p->core,
                                  messi_disconnect_reason_connection_closed_t);

            return;
        }

        messi_core_server_written(&client_p->core, (size_t)res);

        if ((size_t)res < size) {
            break;
        }
    }

    if (messi_server_client_is_connected(client_p)) {
        wait_for(self_p, client_p, EPOLLIN | EPOLLOUT);
    }
}

static void delay_output(struct messi_server_t *self_p,
                         struct messi_server_client_t *client_p)
{
    if (!client_p->is_delayed) {
        client_p->is_delayed = true;
        client_p->next_delayed_p = self_p->delayed_p;
        self_p->delayed_p = client_p;
    }
}

void messi_server_write_delayed(struct messi_server_t *self_p)
{
    struct messi_server_client_t *client_p;

    while (self_p->delayed_p != NULL) {
        client_p = self_p->delayed_p;
        self_p->delayed_p = client_p->next_delayed_p;
        client_p->is_delayed = false;
        write_output(self_p, client_p);
    }
}

void messi_server_flush(struct messi_core_server_t *core_p,
                        struct messi_core_server_client_t *core_client_p)
{
    /* The core is the first member. */
    write_output((void *)core_p, messi_server_client_of(core_client_p));
}

/* The first frame to a client in a turn is written at once, so that it is sent
   even if the program then exits. Further ones are written together. */
static bool is_written_at_once(struct messi_server_t *self_p,
                               struct messi_server_client_t *client_p)
{
    struct messi_output_t *output_p;

    output_p = &client_p->core.connection.output;

    if (client_p->is_delayed
        && (output_p->end - output_p->begin >= MESSI_TURN_SIZE)) {
        write_output(self_p, client_p);
    }

    if (!messi_server_client_is_connected(client_p)
        || !messi_output_is_empty(output_p)) {
        return false;
    }

    if (MESSI_CONFIG_MALLOC
        && self_p->is_processing
        && (client_p->turn == self_p->turn)) {
        delay_output(self_p, client_p);

        return false;
    }

    client_p->turn = self_p->turn;

    return true;
}

size_t messi_server_write_frame(struct messi_core_server_t *core_p,
                                struct messi_core_server_client_t *core_client_p,
                                const uint8_t *frame_p,
                                size_t size)
{
    struct messi_server_t *self_p;
    struct messi_server_client_t *client_p;
    int res;

    self_p = (void *)core_p;
    client_p = messi_server_client_of(core_client_p);

    if (!is_written_at_once(self_p, client_p)) {
        return 0;
    }

    res = messi_socket_write(client_p->fd, frame_p, size);

    if (res == -1) {
        messi_core_server_end(core_p,
                              core_client_p,
                              messi_disconnect_reason_connection_closed_t);

        return 0;
    }

    if ((size_t)res < size) {
        wait_for(self_p, client_p, EPOLLIN | EPOLLOUT);
    }

    return (size_t)res;
}

static void read_input(struct messi_server_t *self_p,
                       struct messi_server_client_t *client_p)
{
    uint8_t *buf_p;
    size_t size;
    int total;
    int res;

    for (total = 0; total < MESSI_TURN_SIZE; total += res) {
        /* A callback may have disconnected the client or stopped the server. */
        if (!messi_server_client_is_connected(client_p)) {
            return;
        }

        buf_p = messi_core_server_receive_buffer(&client_p->core, &size);
        res = messi_socket_read(client_p->fd, buf_p, size);

        if (res == -1) {
            return;
        }

        if (res == 0) {
            /* It may still read. */
            write_output(self_p, client_p);
            messi_core_server_end(&self_p->core,
                                  &client_p->core,
                                  messi_disconnect_reason_connection_closed_t);

            return;
        }

        messi_core_server_received(&self_p->core,
                                   &client_p->core,
                                   (size_t)res,
                                   messi_now());

        /* The socket is empty, most likely. */
        if ((size_t)res < size) {
            return;
        }
    }
}

void messi_server_process_client(struct messi_server_t *self_p,
                                 struct messi_server_client_t *client_p)
{
    read_input(self_p, client_p);
    write_output(self_p, client_p);
}
