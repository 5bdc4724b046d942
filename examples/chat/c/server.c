/*
 * The chat server in C for Linux: sends each message to all clients.
 *
 *     messi generate_c_source --runtime -o generated ../chat.proto
 *     gcc -std=c99 -Wall -Wextra -I generated server.c generated/[a-z]*.c -o server
 *     ./server [uri]
 */

#include <stdio.h>
#include <sys/epoll.h>

#include "chat_server.h"

#define CLIENTS_MAX 100

/* Largest message, with a header of four bytes. */
#define BUFFER_SIZE 1024

static struct chat_server_t server;
static struct chat_server_client_t clients[CLIENTS_MAX];
static bool is_user[CLIENTS_MAX];
static int number_of_users;

static uint8_t clients_input[CLIENTS_MAX][BUFFER_SIZE];
static uint8_t message[BUFFER_SIZE];
static uint8_t workspace_in[BUFFER_SIZE];
static uint8_t workspace_out[BUFFER_SIZE];

static void on_client_disconnected(struct chat_server_t *self_p,
                                   struct chat_server_client_t *client_p)
{
    (void)self_p;

    if (is_user[client_p - &clients[0]]) {
        is_user[client_p - &clients[0]] = false;
        number_of_users--;
        printf("Number of connected clients: %d\n", number_of_users);
    }
}

static void on_connect_req(struct chat_server_t *self_p,
                           struct chat_server_client_t *client_p,
                           struct chat_connect_req_t *message_p)
{
    printf("Client <%s> connected.\n", message_p->user_p);

    if (!is_user[client_p - &clients[0]]) {
        is_user[client_p - &clients[0]] = true;
        number_of_users++;
    }

    printf("Number of connected clients: %d\n", number_of_users);
    chat_server_init_connect_rsp(self_p);
    chat_server_reply(self_p);
}

static void on_message_ind(struct chat_server_t *self_p,
                           struct chat_server_client_t *client_p,
                           struct chat_message_ind_t *message_in_p)
{
    struct chat_message_ind_t *message_p;

    (void)client_p;

    message_p = chat_server_init_message_ind(self_p);
    message_p->user_p = message_in_p->user_p;
    message_p->text_p = message_in_p->text_p;
    chat_server_broadcast(self_p);
}

int main(int argc, char *argv[])
{
    const char *uri_p;
    struct epoll_event event;
    int epoll_fd;

    uri_p = ((argc > 1) ? argv[1] : "tcp://127.0.0.1:6000");
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("Server URI: %s\n", uri_p);
    epoll_fd = epoll_create1(0);

    if (epoll_fd == -1) {
        perror("epoll_create1");

        return 1;
    }

    if (chat_server_init(&server,
                         uri_p,
                         &clients[0],
                         CLIENTS_MAX,
                         &clients_input[0][0],
                         sizeof(clients_input[0]),
                         &message[0],
                         sizeof(message),
                         &workspace_in[0],
                         sizeof(workspace_in),
                         &workspace_out[0],
                         sizeof(workspace_out),
                         NULL,
                         on_client_disconnected,
                         on_connect_req,
                         on_message_ind,
                         epoll_fd,
                         NULL) != 0) {
        fprintf(stderr, "server: invalid URI\n");

        return 1;
    }

    if (chat_server_start(&server) != 0) {
        perror("server");

        return 1;
    }

    printf("Server started.\n");

    while (true) {
        if (epoll_wait(epoll_fd, &event, 1, -1) == 1) {
            chat_server_process(&server, event.data.fd, event.events);
        }
    }
}
