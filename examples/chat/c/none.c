/*
 * The chat client in C without an operating system's event loop: this program
 * owns the socket and the clock, as a program on a microcontroller does. It
 * behaves like client.c. Only the functions whose names begin with net_, and
 * millis(), would differ on FreeRTOS with lwIP, or on Zephyr.
 *
 *     messi generate_c_source -p none -s client --runtime -o generated_none ../chat.proto
 *     gcc -std=c99 -Wall -Wextra -I generated_none none.c generated_none/[a-z]*.c -o none
 *     ./none <user> [host] [port]
 */

#define _POSIX_C_SOURCE 200112L

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "chat_client.h"

/* Largest message, with a header of four bytes. */
#define BUFFER_SIZE 128

static struct chat_client_t client;
static char *user_p;
static const char *host_p;
static const char *port_p;

/* The connection, or -1. */
static int fd = -1;
static bool is_connecting;

static uint8_t encoded_in[BUFFER_SIZE];
static uint8_t encoded_out[2 * BUFFER_SIZE];
static uint8_t workspace_in[2 * BUFFER_SIZE];
static uint8_t workspace_out[2 * BUFFER_SIZE];

/* --- The platform --- */

static uint32_t millis(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (uint32_t)((uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000);
}

static int net_open(const struct addrinfo *address_p)
{
    int enable;

    enable = 1;
    fd = socket(address_p->ai_family, SOCK_STREAM, 0);

    if (fd == -1) {
        return -1;
    }

    if ((fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
        || (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &enable, sizeof(enable)) == -1)) {
        return -1;
    }

    if ((connect(fd, address_p->ai_addr, address_p->ai_addrlen) == -1)
        && (errno != EINPROGRESS)) {
        return -1;
    }

    is_connecting = true;

    return 0;
}

static void net_connect(void)
{
    struct addrinfo hints;
    struct addrinfo *address_p;
    int res;

    memset(&hints, 0, sizeof(hints));
    hints.ai_family = AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    res = getaddrinfo(host_p, port_p, &hints, &address_p);

    if (res == 0) {
        res = net_open(address_p);
        freeaddrinfo(address_p);
    }

    if (res != 0) {
        chat_client_disconnected(&client, millis());
    }
}

static void net_close(void)
{
    if (fd != -1) {
        close(fd);
        fd = -1;
    }

    is_connecting = false;
}

static void net_finish_connecting(void)
{
    int error;
    socklen_t size;

    size = sizeof(error);
    is_connecting = false;

    if ((getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0) && (error == 0)) {
        chat_client_connected(&client, millis());
    } else {
        chat_client_disconnected(&client, millis());
    }
}

static void net_read(void)
{
    uint8_t *buf_p;
    size_t size;
    ssize_t res;

    buf_p = chat_client_receive_buffer(&client, &size);
    res = recv(fd, buf_p, size, 0);

    if (res > 0) {
        chat_client_received(&client, (size_t)res, millis());
    } else if ((res == 0) || (errno != EAGAIN)) {
        chat_client_disconnected(&client, millis());
    }
}

static void net_write(void)
{
    const uint8_t *buf_p;
    size_t size;
    ssize_t res;

    while (true) {
        buf_p = chat_client_output(&client, &size);

        if (size == 0) {
            return;
        }

        res = send(fd, buf_p, size, MSG_NOSIGNAL);

        if (res <= 0) {
            break;
        }

        chat_client_written(&client, (size_t)res);
    }

    if (errno != EAGAIN) {
        chat_client_disconnected(&client, millis());
    }
}

/* --- The client --- */

static void on_connected(struct chat_client_t *self_p)
{
    struct chat_connect_req_t *message_p;

    message_p = chat_client_init_connect_req(self_p);
    message_p->user_p = user_p;
    chat_client_send(self_p);
}

static void on_disconnected(struct chat_client_t *self_p,
                            enum messi_disconnect_reason_t disconnect_reason)
{
    (void)self_p;

    printf("Disconnected from the server: %s\n",
           messi_disconnect_reason_string(disconnect_reason));
}

static void on_connect_rsp(struct chat_client_t *self_p,
                           struct chat_connect_rsp_t *message_p)
{
    (void)self_p;
    (void)message_p;

    printf("Connected to the server.\n");
}

static void on_message_ind(struct chat_client_t *self_p,
                           struct chat_message_ind_t *message_p)
{
    (void)self_p;

    printf("<%s> %s\n", message_p->user_p, message_p->text_p);
}

static void send_text(char *text_p)
{
    struct chat_message_ind_t *message_p;

    message_p = chat_client_init_message_ind(&client);
    message_p->user_p = user_p;
    message_p->text_p = text_p;

    if (chat_client_send(&client) != 0) {
        printf("Not sent: %s\n", text_p);
    }
}

/* Sends each complete line. Returns false at the end of the input. */
static bool process_stdin(void)
{
    static char line[BUFFER_SIZE / 2];
    static size_t length;
    char buf[256];
    ssize_t size;
    ssize_t i;

    size = read(STDIN_FILENO, &buf[0], sizeof(buf));

    for (i = 0; i < size; i++) {
        if (buf[i] == '\n') {
            line[length] = '\0';
            length = 0;
            send_text(&line[0]);
        } else if (length < sizeof(line) - 1) {
            line[length] = buf[i];
            length++;
        }
    }

    return size > 0;
}

/* Performs the actions of the client until it only waits. */
static void perform_actions(void)
{
    while (true) {
        switch (chat_client_poll(&client, millis())) {

        case messi_action_connect_t:
            net_connect();
            break;

        case messi_action_close_t:
            net_close();
            break;

        default:
            return;
        }
    }
}

/* Waits for the network, the input, or the client's next deadline. */
static void wait_for_events(struct pollfd *pollfds_p)
{
    uint32_t timeout;
    size_t size;

    (void)chat_client_output(&client, &size);
    pollfds_p[0].fd = STDIN_FILENO;
    pollfds_p[0].events = POLLIN;
    pollfds_p[0].revents = 0;
    pollfds_p[1].fd = fd;
    pollfds_p[1].events = (is_connecting ? POLLOUT : POLLIN);
    pollfds_p[1].revents = 0;

    if (size > 0) {
        pollfds_p[1].events |= POLLOUT;
    }

    timeout = chat_client_timeout(&client, millis());
    poll(pollfds_p, 2, (timeout == MESSI_NO_TIMEOUT) ? -1 : (int)timeout);
}

static void run(void)
{
    struct pollfd pollfds[2];

    while (true) {
        perform_actions();
        wait_for_events(&pollfds[0]);

        if ((pollfds[0].revents != 0) && !process_stdin()) {
            return;
        }

        if (pollfds[1].revents != 0) {
            if (is_connecting) {
                net_finish_connecting();
            } else {
                net_read();
            }
        }

        if ((fd != -1) && !is_connecting) {
            net_write();
        }
    }
}

int main(int argc, char *argv[])
{
    if (argc < 2) {
        fprintf(stderr, "usage: none <user> [host] [port]\n");

        return 1;
    }

    user_p = argv[1];
    host_p = ((argc > 2) ? argv[2] : "127.0.0.1");
    port_p = ((argc > 3) ? argv[3] : "6000");
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("Server URI: tcp://%s:%s\n", host_p, port_p);

    if (chat_client_init(&client,
                         &encoded_in[0],
                         sizeof(encoded_in),
                         &workspace_in[0],
                         sizeof(workspace_in),
                         &encoded_out[0],
                         sizeof(encoded_out),
                         &workspace_out[0],
                         sizeof(workspace_out),
                         on_connected,
                         on_disconnected,
                         on_connect_rsp,
                         on_message_ind,
                         millis()) != 0) {
        return 1;
    }

    chat_client_start(&client, millis());
    run();
    chat_client_stop(&client);
    net_close();

    return 0;
}
