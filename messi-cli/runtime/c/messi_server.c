/*
 * A server on Linux: performs the I/O of the server without I/O.
 *
 * The work for an event, in messi_server_process():
 *
 * 1. Clients are accepted, or up to MESSI_TURN_SIZE bytes of one client are
 *    read and handled, and bytes queued for it are written.
 * 2. Messages that the callbacks have sent are written, unless they were at
 *    once, and connections that have ended are closed, after their callbacks.
 * 3. The timer is set to the next deadline.
 *
 * Callbacks run in these steps. They may send, disconnect, stop and start. A
 * connection that ends outside of messi_server_process() is closed in the next
 * one, to which the timer leads at once.
 */

#ifndef _GNU_SOURCE
#    define _GNU_SOURCE
#endif

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "messi_server_client.h"

/* Clients accepted before others have a turn. */
#define ACCEPTS_MAX 64

/* --- Accepting --- */

static void accept_client(struct messi_server_t *self_p, int fd)
{
    struct messi_core_server_client_t *core_client_p;

    if (messi_loop_add(&self_p->loop, fd, EPOLLIN) != 0) {
        close(fd);

        return;
    }

    core_client_p = messi_core_server_accept(&self_p->core, messi_now());

    if (core_client_p == NULL) {
        messi_loop_close(&self_p->loop, &fd);

        return;
    }

    messi_socket_no_delay(fd);
    messi_server_register_client(self_p, messi_server_client_of(core_client_p), fd);
    messi_core_server_connected(&self_p->core, core_client_p);
}

/* Stops waiting for clients, which the event loop would report for ever. */
static void pause_accepting(struct messi_server_t *self_p)
{
    if (messi_loop_modify(&self_p->loop, self_p->listener_fd, 0) == 0) {
        self_p->is_paused = true;
        self_p->accept_at = messi_now() + MESSI_CONFIG_ACCEPT_PAUSE_MS;
    }
}

static void resume_accepting(struct messi_server_t *self_p)
{
    if (self_p->is_paused && messi_time_is_due(self_p->accept_at, messi_now())) {
        self_p->is_paused = false;
        (void)messi_loop_modify(&self_p->loop, self_p->listener_fd, EPOLLIN);
    }
}

static void accept_clients(struct messi_server_t *self_p)
{
    int fd;
    int i;

    /* A callback may have stopped the server. */
    for (i = 0; (i < ACCEPTS_MAX) && (self_p->listener_fd != -1); i++) {
        fd = accept4(self_p->listener_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd != -1) {
            accept_client(self_p, fd);
            continue;
        }

        switch (errno) {

        case EAGAIN:
            return;

        case ECONNABORTED:
        case EINTR:
        case EPROTO:
            /* The client has left. */
            break;

        default:
            /* No file descriptors or memory: EMFILE, ENFILE and others. */
            pause_accepting(self_p);
            return;
        }
    }
}

/* --- Events --- */

/* Reads from clients that are about to be disconnected: they are not silent if
   their bytes are only not read yet. */
static void process_silent_clients(struct messi_server_t *self_p)
{
    struct messi_server_client_t *client_p;
    uint32_t now;
    int i;

    now = messi_now();

    if (!self_p->core.has_check
        || !messi_time_is_due(self_p->core.check_at, now)) {
        return;
    }

    for (i = 0; i < self_p->clients_max; i++) {
        client_p = &self_p->clients_p[i];

        if (messi_server_client_is_connected(client_p)
            && messi_time_is_due(
                messi_connection_deadline(&client_p->core.connection),
                now)) {
            messi_server_process_client(self_p, client_p);
        }
    }
}

/* Writes delayed messages, and closes connections that have ended, whose
   callbacks may send messages to others. */
static void finish_turn(struct messi_server_t *self_p)
{
    struct messi_core_server_client_t *core_client_p;

    do {
        messi_server_write_delayed(self_p);
        core_client_p = messi_core_server_poll(&self_p->core, messi_now());

        if (core_client_p != NULL) {
            messi_server_close_client(self_p,
                                      messi_server_client_of(core_client_p));
        }
    } while (core_client_p != NULL);
}

static void set_timer(struct messi_server_t *self_p)
{
    uint32_t timeout;
    uint32_t now;

    now = messi_now();
    timeout = messi_core_server_timeout(&self_p->core, now);
    messi_timer_set(&self_p->timer, timeout, now);

    if (self_p->is_paused) {
        timeout = self_p->accept_at - now;

        if (messi_time_is_due(self_p->accept_at, now)) {
            timeout = 0;
        }

        messi_timer_set(&self_p->timer, timeout, now);
    }
}

static void process(struct messi_server_t *self_p, int fd)
{
    struct messi_server_client_t *client_p;

    if (fd == self_p->timer.fd) {
        messi_timer_expired(&self_p->timer);
        resume_accepting(self_p);
        process_silent_clients(self_p);
    } else if (fd == self_p->listener_fd) {
        accept_clients(self_p);
    } else {
        client_p = messi_server_find_client(self_p, fd);

        if (client_p == NULL) {
            return;
        }

        messi_server_process_client(self_p, client_p);
    }

    finish_turn(self_p);
}

void messi_server_process(struct messi_server_t *self_p, int fd)
{
    if ((fd < 0) || (self_p->listener_fd == -1) || self_p->is_processing) {
        return;
    }

    self_p->is_processing = true;
    self_p->turn++;
    process(self_p, fd);
    self_p->is_processing = false;
    set_timer(self_p);
}

/* Leads to messi_server_process() if a connection has ended outside of it. */
static void wake_up(struct messi_server_t *self_p)
{
    if ((self_p->core.ended.first_p != NULL) && !self_p->is_processing) {
        messi_timer_set(&self_p->timer, 0, messi_now());
    }
}

/* --- Public functions --- */

int messi_server_init(struct messi_server_t *self_p,
                      const struct messi_server_type_t *type_p,
                      const char *uri_p,
                      struct messi_server_client_t *clients_p,
                      int clients_max,
                      const struct messi_server_buffers_t *buffers_p,
                      int epoll_fd,
                      messi_epoll_ctl_t epoll_ctl)
{
    int i;

    if (messi_parse_tcp_uri(uri_p,
                            &self_p->address.host[0],
                            sizeof(self_p->address.host),
                            &self_p->address.port) != 0) {
        return -1;
    }

    if (clients_max < 1) {
        return -1;
    }

    if (messi_core_server_init(&self_p->core,
                               type_p,
                               clients_p,
                               sizeof(*clients_p),
                               clients_max,
                               buffers_p) != 0) {
        return -1;
    }

    self_p->core.write = messi_server_write_frame;
    self_p->core.flush = messi_server_flush;
    self_p->clients_p = clients_p;
    self_p->clients_max = clients_max;
    self_p->listener_fd = -1;
    self_p->timer.fd = -1;
    self_p->is_paused = false;
    self_p->is_processing = false;
    self_p->turn = 0;
    self_p->delayed_p = NULL;
    messi_loop_init(&self_p->loop, epoll_fd, epoll_ctl);

    for (i = 0; i < clients_max; i++) {
        clients_p[i].fd = -1;
        clients_p[i].bucket_p = NULL;
    }

    messi_server_set_output_max(self_p, MESSI_CONFIG_OUTPUT_MAX);

    return 0;
}

void messi_server_set_output_max(struct messi_server_t *self_p, size_t size)
{
    int i;

    for (i = 0; i < self_p->clients_max; i++) {
        messi_output_use_heap(&self_p->clients_p[i].core.connection.output, size);
    }
}

void messi_server_set_output_buffers(struct messi_server_t *self_p,
                                     uint8_t *buf_p,
                                     size_t size)
{
    int i;

    for (i = 0; i < self_p->clients_max; i++) {
        messi_output_init(&self_p->clients_p[i].core.connection.output,
                          buf_p + (size_t)i * size,
                          size);
    }
}

/* Opens a socket that listens. Returns -1 for failures after socket(). */
static int listen_at(struct messi_server_t *self_p,
                     const struct addrinfo *address_p)
{
    int fd;
    int enable;

    fd = messi_socket_open(address_p->ai_family);

    if (fd == -1) {
        return 1;
    }

    enable = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &enable, sizeof(enable));

    if ((bind(fd, address_p->ai_addr, address_p->ai_addrlen) != 0)
        || (listen(fd, MESSI_CONFIG_BACKLOG) != 0)
        || (messi_loop_add(&self_p->loop, fd, EPOLLIN) != 0)) {
        close(fd);

        return -1;
    }

    self_p->listener_fd = fd;

    return 0;
}

int messi_server_start(struct messi_server_t *self_p)
{
    struct addrinfo *addresses_p;
    int res;

    if (self_p->listener_fd != -1) {
        return -1;
    }

    addresses_p = messi_resolve(&self_p->address, true);

    if (addresses_p == NULL) {
        return -1;
    }

    res = listen_at(self_p, addresses_p);
    freeaddrinfo(addresses_p);

    if (res != 0) {
        return res;
    }

    if (messi_timer_open(&self_p->timer, &self_p->loop) != 0) {
        messi_loop_close(&self_p->loop, &self_p->listener_fd);

        return -1;
    }

    return 0;
}

void messi_server_stop(struct messi_server_t *self_p)
{
    int i;

    messi_server_write_delayed(self_p);

    for (i = 0; i < self_p->clients_max; i++) {
        messi_server_close_client(self_p, &self_p->clients_p[i]);
    }

    messi_core_server_stop(&self_p->core);
    messi_loop_close(&self_p->loop, &self_p->listener_fd);
    messi_loop_close(&self_p->loop, &self_p->timer.fd);
    self_p->is_paused = false;
}

int messi_server_port(const struct messi_server_t *self_p)
{
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    } address;
    socklen_t size;

    size = sizeof(address);
    memset(&address, 0, sizeof(address));

    if ((self_p->listener_fd == -1)
        || (getsockname(self_p->listener_fd, &address.any, &size) != 0)) {
        return -1;
    }

    if (address.any.sa_family == AF_INET6) {
        return ntohs(address.in6.sin6_port);
    }

    return ntohs(address.in.sin_port);
}

static struct messi_core_server_client_t *core_client_of(
    struct messi_server_client_t *client_p)
{
    return (client_p != NULL) ? &client_p->core : NULL;
}

int messi_server_send(struct messi_server_t *self_p,
                      struct messi_server_client_t *client_p)
{
    int res;

    res = messi_core_server_send(&self_p->core, core_client_of(client_p));
    wake_up(self_p);

    return res;
}

int messi_server_reply(struct messi_server_t *self_p)
{
    return messi_core_server_reply(&self_p->core);
}

int messi_server_broadcast(struct messi_server_t *self_p)
{
    int res;

    res = messi_core_server_broadcast(&self_p->core);
    wake_up(self_p);

    return res;
}

void messi_server_disconnect(struct messi_server_t *self_p,
                             struct messi_server_client_t *client_p)
{
    messi_core_server_disconnect(&self_p->core, core_client_of(client_p));
    wake_up(self_p);
}
