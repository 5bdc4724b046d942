/*
 * The chat client in C for Linux: sends each line of the standard input to the
 * room, and prints all messages of the room, including its own. It reconnects
 * automatically, and stops at the end of the input.
 *
 *     messi generate_c_source --runtime -o generated ../chat.proto
 *     gcc -std=c99 -Wall -Wextra -I generated client.c generated/[a-z]*.c -o client
 *     ./client <user> [uri]
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "chat_client.h"

/* Largest message, with a header of four bytes. */
#define BUFFER_SIZE 1024

static struct chat_client_t client;
static char *user_p;

static uint8_t encoded_in[BUFFER_SIZE];
static uint8_t encoded_out[BUFFER_SIZE];
static uint8_t workspace_in[BUFFER_SIZE];
static uint8_t workspace_out[BUFFER_SIZE];

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

static int create_epoll(void)
{
    struct epoll_event event;
    int epoll_fd;

    epoll_fd = epoll_create1(0);

    if (epoll_fd == -1) {
        perror("epoll_create1");
        exit(1);
    }

    memset(&event, 0, sizeof(event));
    event.events = EPOLLIN;
    event.data.fd = STDIN_FILENO;

    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event) == -1) {
        perror("The input must be a terminal or a pipe");
        exit(1);
    }

    return epoll_fd;
}

int main(int argc, char *argv[])
{
    const char *uri_p;
    struct epoll_event event;
    int epoll_fd;

    if (argc < 2) {
        fprintf(stderr, "usage: client <user> [uri]\n");

        return 1;
    }

    user_p = argv[1];
    uri_p = ((argc > 2) ? argv[2] : "tcp://127.0.0.1:6000");
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("Server URI: %s\n", uri_p);
    epoll_fd = create_epoll();

    if (chat_client_init(&client,
                         uri_p,
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
                         epoll_fd,
                         NULL) != 0) {
        fprintf(stderr, "client: invalid URI\n");

        return 1;
    }

    if (chat_client_start(&client) != 0) {
        perror("client");

        return 1;
    }

    while (true) {
        if (epoll_wait(epoll_fd, &event, 1, -1) != 1) {
            continue;
        }

        if (event.data.fd != STDIN_FILENO) {
            chat_client_process(&client, event.data.fd, event.events);
        } else if (!process_stdin()) {
            break;
        }
    }

    chat_client_stop(&client);

    return 0;
}
