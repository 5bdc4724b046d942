/*
 * The parts of Linux that clients and servers need.
 */

#ifndef _GNU_SOURCE
#    define _GNU_SOURCE
#endif

#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "messi_linux.h"

void messi_loop_init(struct messi_loop_t *self_p,
                     int epoll_fd,
                     messi_epoll_ctl_t epoll_ctl)
{
    self_p->epoll_fd = epoll_fd;
    self_p->epoll_ctl = ((epoll_ctl != NULL) ? epoll_ctl : messi_epoll_ctl_default);
}

/* The program's function may return anything but -1 for success. */
static int control(struct messi_loop_t *self_p, int op, int fd, uint32_t events)
{
    return (self_p->epoll_ctl(self_p->epoll_fd, op, fd, events) == -1) ? -1 : 0;
}

int messi_loop_add(struct messi_loop_t *self_p, int fd, uint32_t events)
{
    return control(self_p, EPOLL_CTL_ADD, fd, events);
}

int messi_loop_modify(struct messi_loop_t *self_p, int fd, uint32_t events)
{
    return control(self_p, EPOLL_CTL_MOD, fd, events);
}

void messi_loop_close(struct messi_loop_t *self_p, int *fd_p)
{
    if (*fd_p != -1) {
        (void)control(self_p, EPOLL_CTL_DEL, *fd_p, 0);
        close(*fd_p);
        *fd_p = -1;
    }
}

uint32_t messi_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

int messi_timer_open(struct messi_timer_t *self_p, struct messi_loop_t *loop_p)
{
    self_p->is_set = false;
    self_p->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);

    if (self_p->fd == -1) {
        return -1;
    }

    if (messi_loop_add(loop_p, self_p->fd, EPOLLIN) != 0) {
        close(self_p->fd);
        self_p->fd = -1;

        return -1;
    }

    return 0;
}

void messi_timer_set(struct messi_timer_t *self_p,
                     uint32_t timeout,
                     uint32_t now)
{
    struct itimerspec spec;

    if ((self_p->fd == -1) || (timeout == MESSI_NO_TIMEOUT)) {
        return;
    }

    if (self_p->is_set && messi_time_is_due(self_p->expires_at, now + timeout)) {
        return;
    }

    memset(&spec, 0, sizeof(spec));
    spec.it_value.tv_sec = (time_t)(timeout / 1000);
    spec.it_value.tv_nsec = (long)(timeout % 1000) * 1000000;

    /* Zero would stop the timer. */
    if (timeout == 0) {
        spec.it_value.tv_nsec = 1;
    }

    if (timerfd_settime(self_p->fd, 0, &spec, NULL) == 0) {
        self_p->is_set = true;
        self_p->expires_at = now + timeout;
    }
}

void messi_timer_expired(struct messi_timer_t *self_p)
{
    uint64_t expirations;

    if (read(self_p->fd, &expirations, sizeof(expirations)) > 0) {
        self_p->is_set = false;
    }
}

struct addrinfo *messi_resolve(const struct messi_address_t *address_p,
                               bool is_server)
{
    struct addrinfo hints;
    struct addrinfo *addresses_p;
    const char *host_p;
    char port[8];

    host_p = &address_p->host[0];
    memset(&hints, 0, sizeof(hints));
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;

    /* As in the original: all addresses of IPv4 for a server, and this machine
       for a client. */
    if (*host_p == '\0') {
        host_p = (is_server ? "0.0.0.0" : "127.0.0.1");
    }

    snprintf(&port[0], sizeof(port), "%d", address_p->port);

    if (getaddrinfo(host_p, &port[0], &hints, &addresses_p) != 0) {
        return NULL;
    }

    return addresses_p;
}

int messi_socket_open(int family)
{
    return socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

void messi_socket_no_delay(int fd)
{
    int enable;

    enable = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &enable, sizeof(enable));
}

bool messi_socket_is_own_peer(int fd)
{
    struct sockaddr_storage own;
    struct sockaddr_storage peer;
    socklen_t own_size;
    socklen_t peer_size;

    own_size = sizeof(own);
    peer_size = sizeof(peer);
    memset(&own, 0, sizeof(own));
    memset(&peer, 0, sizeof(peer));

    if ((getsockname(fd, (struct sockaddr *)&own, &own_size) != 0)
        || (getpeername(fd, (struct sockaddr *)&peer, &peer_size) != 0)) {
        return false;
    }

    return (own_size == peer_size) && (memcmp(&own, &peer, own_size) == 0);
}

int messi_socket_read(int fd, uint8_t *buf_p, size_t size)
{
    ssize_t res;

    if (size > MESSI_TURN_SIZE) {
        size = MESSI_TURN_SIZE;
    }

    do {
        res = recv(fd, buf_p, size, MSG_DONTWAIT);
    } while ((res == -1) && (errno == EINTR));

    if (res >= 0) {
        return (int)res;
    }

    return ((errno == EAGAIN) || (errno == EWOULDBLOCK)) ? -1 : 0;
}

int messi_socket_write(int fd, const uint8_t *buf_p, size_t size)
{
    ssize_t res;

    /* The result must fit. */
    if (size > INT_MAX) {
        size = INT_MAX;
    }

    do {
        res = send(fd, buf_p, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while ((res == -1) && (errno == EINTR));

    if (res >= 0) {
        return (int)res;
    }

    return ((errno == EAGAIN) || (errno == EWOULDBLOCK)) ? 0 : -1;
}

#if MESSI_CONFIG_MALLOC

static void *resize(void *memory_p, size_t size)
{
    if (size == 0) {
        free(memory_p);

        return NULL;
    }

    return realloc(memory_p, size);
}

void messi_output_use_heap(struct messi_output_t *output_p, size_t size_max)
{
    messi_output_set_heap(output_p, resize, size_max);
}

#else

void messi_output_use_heap(struct messi_output_t *output_p, size_t size_max)
{
    (void)output_p;
    (void)size_max;
}

#endif
