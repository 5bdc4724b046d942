/*
 * A client on Linux: performs the actions of the client without I/O.
 *
 * The work for an event, in messi_client_process():
 *
 * 1. An attempt to connect is finished, or up to MESSI_TURN_SIZE bytes are
 *    read and handled. This is done for the timer as well: the server is not
 *    silent if its bytes are only not read yet.
 * 2. The actions of the core are performed: connect, close.
 * 3. Queued bytes are written, as far as the socket accepts them.
 * 4. The timer is set to the next deadline.
 *
 * Callbacks run in the first two steps. They may send, stop and start. A
 * connection that ends in send() is closed in the next messi_client_process(),
 * to which the timer leads at once.
 */

#ifndef _GNU_SOURCE
#    define _GNU_SOURCE
#endif

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "messi_client.h"

/* Actions in one turn. Only callbacks that stop and start the client again and
   again need more. */
#define ACTIONS_MAX 8

static uint32_t make_seed(const struct messi_client_t *self_p)
{
    /* Differs between the processes that start at the same moment. */
    return messi_now()
           ^ ((uint32_t)getpid() << 16)
           ^ (uint32_t)(uintptr_t)self_p;
}

int messi_client_init(struct messi_client_t *self_p,
                      const struct messi_client_type_t *type_p,
                      const char *uri_p,
                      const struct messi_client_buffers_t *buffers_p,
                      int epoll_fd,
                      messi_epoll_ctl_t epoll_ctl)
{
    if (messi_parse_tcp_uri(uri_p,
                            &self_p->address.host[0],
                            sizeof(self_p->address.host),
                            &self_p->address.port) != 0) {
        return -1;
    }

    if (self_p->address.port == 0) {
        return -1;
    }

    self_p->fd = -1;
    self_p->timer.fd = -1;
    self_p->addresses_p = NULL;
    self_p->next_address_p = NULL;
    self_p->is_processing = false;
    self_p->has_written = false;
    messi_loop_init(&self_p->loop, epoll_fd, epoll_ctl);

    if (messi_core_client_init(&self_p->core,
                               type_p,
                               buffers_p,
                               make_seed(self_p)) != 0) {
        return -1;
    }

    messi_client_set_output_max(self_p, MESSI_CONFIG_OUTPUT_MAX);

    return 0;
}

void messi_client_set_output_max(struct messi_client_t *self_p, size_t size)
{
    messi_output_use_heap(&self_p->core.connection.output, size);
}

static bool is_in_state(const struct messi_client_t *self_p,
                        enum messi_client_state_t state)
{
    return self_p->core.state == state;
}

static void free_addresses(struct messi_client_t *self_p)
{
    if (self_p->addresses_p != NULL) {
        freeaddrinfo(self_p->addresses_p);
        self_p->addresses_p = NULL;
        self_p->next_address_p = NULL;
    }
}

static void close_connection(struct messi_client_t *self_p)
{
    messi_loop_close(&self_p->loop, &self_p->fd);
    free_addresses(self_p);
}

/* Begins to connect to one address. Returns zero unless that fails at once. */
static int connect_to(struct messi_client_t *self_p,
                      const struct addrinfo *address_p)
{
    self_p->fd = messi_socket_open(address_p->ai_family);

    if (self_p->fd == -1) {
        return -1;
    }

    self_p->events = EPOLLOUT;

    if (((connect(self_p->fd, address_p->ai_addr, address_p->ai_addrlen) == -1)
         && (errno != EINPROGRESS))
        || (messi_loop_add(&self_p->loop, self_p->fd, self_p->events) != 0)) {
        close(self_p->fd);
        self_p->fd = -1;

        return -1;
    }

    return 0;
}

/* Begins to connect to the next address for which that does not fail at once. */
static void connect_to_next(struct messi_client_t *self_p)
{
    struct addrinfo *address_p;

    while (self_p->next_address_p != NULL) {
        address_p = self_p->next_address_p;
        self_p->next_address_p = address_p->ai_next;

        if (connect_to(self_p, address_p) == 0) {
            return;
        }
    }

    messi_core_client_disconnected(&self_p->core, messi_now());
}

/* Returns true if connecting has succeeded or failed, with errno's value. */
static bool is_connecting_done(int fd, int *error_p)
{
    struct pollfd pollfd;
    socklen_t size;

    pollfd.fd = fd;
    pollfd.events = POLLOUT;
    pollfd.revents = 0;

    /* The event may be an old one, of another socket with this number. */
    if (poll(&pollfd, 1, 0) <= 0) {
        return false;
    }

    size = sizeof(*error_p);

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, error_p, &size) != 0) {
        *error_p = errno;
    }

    return true;
}

static void finish_connecting(struct messi_client_t *self_p)
{
    int error;

    while (self_p->fd != -1) {
        if (!is_connecting_done(self_p->fd, &error)) {
            return;
        }

        if ((error == 0) && !messi_socket_is_own_peer(self_p->fd)) {
            free_addresses(self_p);
            messi_socket_no_delay(self_p->fd);
            messi_core_client_connected(&self_p->core, messi_now());

            return;
        }

        messi_loop_close(&self_p->loop, &self_p->fd);
        connect_to_next(self_p);
    }
}

static void begin_connecting(struct messi_client_t *self_p)
{
    self_p->addresses_p = messi_resolve(&self_p->address, false);
    self_p->next_address_p = self_p->addresses_p;
    connect_to_next(self_p);
    /* Connections within this machine are there at once. */
    finish_connecting(self_p);
}

/* Writes queued bytes, and waits for room in the socket for the rest. */
static void write_output(struct messi_client_t *self_p)
{
    const uint8_t *buf_p;
    size_t size;
    int res;
    uint32_t events;

    if (!is_in_state(self_p, messi_client_state_connected_t)) {
        return;
    }

    events = EPOLLIN;

    while (true) {
        buf_p = messi_core_client_output(&self_p->core, &size);

        if (size == 0) {
            break;
        }

        res = messi_socket_write(self_p->fd, buf_p, size);

        if (res == -1) {
            messi_core_client_end(&self_p->core,
                                  messi_disconnect_reason_connection_closed_t);

            return;
        }

        messi_core_client_written(&self_p->core, (size_t)res);

        if ((size_t)res < size) {
            events |= EPOLLOUT;
            break;
        }
    }

    if (events != self_p->events) {
        self_p->events = events;

        if (messi_loop_modify(&self_p->loop, self_p->fd, events) != 0) {
            messi_core_client_end(&self_p->core,
                                  messi_disconnect_reason_general_error_t);
        }
    }
}

static void read_input(struct messi_client_t *self_p)
{
    uint8_t *buf_p;
    size_t size;
    int total;
    int res;

    for (total = 0; total < MESSI_TURN_SIZE; total += res) {
        /* A callback may have stopped the client. */
        if (!is_in_state(self_p, messi_client_state_connected_t)) {
            return;
        }

        buf_p = messi_core_client_receive_buffer(&self_p->core, &size);
        res = messi_socket_read(self_p->fd, buf_p, size);

        if (res == -1) {
            return;
        }

        if (res == 0) {
            messi_core_client_disconnected(&self_p->core, messi_now());

            return;
        }

        messi_core_client_received(&self_p->core, (size_t)res, messi_now());

        /* The socket is empty, most likely. */
        if ((size_t)res < size) {
            return;
        }
    }
}

static void perform_actions(struct messi_client_t *self_p)
{
    int i;

    for (i = 0; i < ACTIONS_MAX; i++) {
        switch (messi_core_client_poll(&self_p->core, messi_now())) {

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

static void set_timer(struct messi_client_t *self_p)
{
    uint32_t now;

    now = messi_now();
    messi_timer_set(&self_p->timer,
                    messi_core_client_timeout(&self_p->core, now),
                    now);
}

static void process(struct messi_client_t *self_p)
{
    self_p->is_processing = true;
    self_p->has_written = false;

    if (is_in_state(self_p, messi_client_state_connecting_t)) {
        finish_connecting(self_p);
    }

    read_input(self_p);
    perform_actions(self_p);
    write_output(self_p);
    self_p->is_processing = false;
    set_timer(self_p);
}

int messi_client_start(struct messi_client_t *self_p)
{
    if (self_p->timer.fd != -1) {
        return 0;
    }

    if (messi_timer_open(&self_p->timer, &self_p->loop) != 0) {
        return -1;
    }

    messi_core_client_start(&self_p->core, messi_now());

    /* A callback that stops and starts the client returns to process(). */
    if (!self_p->is_processing) {
        process(self_p);
    }

    return 0;
}

void messi_client_stop(struct messi_client_t *self_p)
{
    /* A callback may have sent messages before. */
    write_output(self_p);
    messi_core_client_stop(&self_p->core);
    close_connection(self_p);
    messi_loop_close(&self_p->loop, &self_p->timer.fd);
}

void messi_client_process(struct messi_client_t *self_p, int fd)
{
    if ((fd == -1) || self_p->is_processing) {
        return;
    }

    if (fd == self_p->timer.fd) {
        messi_timer_expired(&self_p->timer);
    } else if (fd != self_p->fd) {
        return;
    }

    process(self_p);
}

/* The first message of a turn is written at once, so that it is sent even if
   the program then exits. Further ones are written together at its end. */
static bool is_written_at_once(const struct messi_client_t *self_p)
{
    const struct messi_output_t *output_p;

    output_p = &self_p->core.connection.output;

    return !MESSI_CONFIG_MALLOC
           || !self_p->is_processing
           || !self_p->has_written
           || (output_p->end - output_p->begin >= MESSI_TURN_SIZE);
}

int messi_client_send(struct messi_client_t *self_p)
{
    int res;

    res = messi_core_client_send(&self_p->core);

    if ((res == 0) && is_written_at_once(self_p)) {
        self_p->has_written = true;
        write_output(self_p);
    }

    if (is_in_state(self_p, messi_client_state_ended_t)) {
        res = -1;

        if (!self_p->is_processing) {
            set_timer(self_p);
        }
    }

    return res;
}
