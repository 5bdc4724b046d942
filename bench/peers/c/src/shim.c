#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include "chat_client.h"
#include "chat_server.h"
#include "shim.h"

#define EVENTS_MAX 64
#define DESCRIPTORS_MAX 65536

/* The buffer space for headers, tags, terminators and decoded messages. */
#define OVERHEAD 4096

/* --- The server --- */

static struct chat_server_t server;
static struct chat_server_client_t *clients_p;
static shim_on_request_t on_request;
static void *server_context_p;

static void on_client(struct chat_server_t *self_p,
                      struct chat_server_client_t *client_p)
{
    (void)self_p;
    (void)client_p;
}

static void on_connect_req(struct chat_server_t *self_p,
                           struct chat_server_client_t *client_p,
                           struct chat_connect_req_t *message_p)
{
    (void)client_p;
    (void)message_p;

    chat_server_init_connect_rsp(self_p);
    chat_server_reply(self_p);
}

/* Prepares the response with the content of the request. */
static void prepare_message_ind(struct chat_server_t *self_p,
                                struct chat_message_ind_t *request_p)
{
    struct chat_message_ind_t *message_p;

    message_p = chat_server_init_message_ind(self_p);
    message_p->user_p = request_p->user_p;
    message_p->text_p = request_p->text_p;
}

static void on_server_message_ind(struct chat_server_t *self_p,
                                  struct chat_server_client_t *client_p,
                                  struct chat_message_ind_t *message_p)
{
    switch (on_request(server_context_p,
                       (size_t)(client_p - clients_p),
                       message_p->user_p,
                       message_p->text_p)) {

    case shim_action_reply_t:
        prepare_message_ind(self_p, message_p);
        chat_server_reply(self_p);
        break;

    case shim_action_broadcast_t:
        prepare_message_ind(self_p, message_p);
        chat_server_broadcast(self_p);
        break;

    default:
        break;
    }
}

static void run_server(int epoll_fd)
{
    struct epoll_event events[EVENTS_MAX];
    int count;
    int i;

    while (1) {
        count = epoll_wait(epoll_fd, &events[0], EVENTS_MAX, -1);

        for (i = 0; i < count; i++) {
            chat_server_process(&server, events[i].data.fd, events[i].events);
        }
    }
}

void shim_serve(const char *uri_p,
                size_t clients_max,
                size_t message_size,
                shim_on_request_t on_request_,
                void (*listening)(void *context_p),
                void *context_p)
{
    size_t size;
    int epoll_fd;
    int res;

    /* The generated code writes to closed connections. */
    signal(SIGPIPE, SIG_IGN);
    on_request = on_request_;
    server_context_p = context_p;
    size = message_size + OVERHEAD;
    epoll_fd = epoll_create1(0);
    clients_p = calloc(clients_max, sizeof(*clients_p));
    res = chat_server_init(&server,
                           uri_p,
                           clients_p,
                           (int)clients_max,
                           malloc(clients_max * size),
                           size,
                           malloc(size),
                           size,
                           malloc(2 * size),
                           2 * size,
                           malloc(2 * size),
                           2 * size,
                           on_client,
                           on_client,
                           on_connect_req,
                           on_server_message_ind,
                           epoll_fd,
                           NULL);

    if ((res == 0) && (chat_server_start(&server) == 0)) {
        listening(context_p);
        run_server(epoll_fd);
    }
}

/* --- Clients --- */

struct shim_client_t {
    /* The first member, so that both structs have the same address. */
    struct chat_client_t client;
    const struct shim_callbacks_t *callbacks_p;
    void *context_p;
    /* The text to send, with its terminator. */
    char *text_p;
};

/* The client of each descriptor, which the generated code does not report. */
static struct shim_client_t *owners[DESCRIPTORS_MAX];

/* The client that the generated code works on at the moment. */
static _Thread_local struct shim_client_t *current_p;

static int epoll_ctl_of_current(int epoll_fd, int op, int fd, uint32_t events)
{
    struct epoll_event event;

    if (fd < DESCRIPTORS_MAX) {
        owners[fd] = (op == EPOLL_CTL_DEL) ? NULL : current_p;
    }

    memset(&event, 0, sizeof(event));
    event.events = events;
    event.data.fd = fd;

    return (epoll_ctl(epoll_fd, op, fd, &event));
}

static void on_connected(struct chat_client_t *self_p)
{
    struct shim_client_t *client_p = (struct shim_client_t *)self_p;

    client_p->callbacks_p->on_connected(client_p->context_p, client_p);
}

static void on_disconnected(struct chat_client_t *self_p,
                            enum messi_disconnect_reason_t reason)
{
    struct shim_client_t *client_p = (struct shim_client_t *)self_p;

    client_p->callbacks_p->on_disconnected(
        client_p->context_p,
        messi_disconnect_reason_string(reason));
}

static void on_connect_rsp(struct chat_client_t *self_p,
                           struct chat_connect_rsp_t *message_p)
{
    struct shim_client_t *client_p = (struct shim_client_t *)self_p;

    (void)message_p;

    client_p->callbacks_p->on_connect_rsp(client_p->context_p, client_p);
}

static void on_message_ind(struct chat_client_t *self_p,
                           struct chat_message_ind_t *message_p)
{
    struct shim_client_t *client_p = (struct shim_client_t *)self_p;

    client_p->callbacks_p->on_message(client_p->context_p,
                                      client_p,
                                      message_p->user_p,
                                      message_p->text_p);
}

static int start_client(struct shim_client_t *self_p,
                        const char *uri_p,
                        size_t size,
                        int epoll_fd)
{
    int res;

    self_p->text_p = malloc(size);
    res = chat_client_init(&self_p->client,
                           uri_p,
                           malloc(size),
                           size,
                           malloc(2 * size),
                           2 * size,
                           malloc(size),
                           size,
                           malloc(2 * size),
                           2 * size,
                           on_connected,
                           on_disconnected,
                           on_connect_rsp,
                           on_message_ind,
                           epoll_fd,
                           epoll_ctl_of_current);

    if (res == 0) {
        current_p = self_p;
        chat_client_start(&self_p->client);
    }

    return (res);
}

static void process_client_event(struct epoll_event *event_p)
{
    current_p = owners[event_p->data.fd];

    /* An earlier event of the batch may have closed the descriptor. */
    if (current_p != NULL) {
        chat_client_process(&current_p->client,
                            event_p->data.fd,
                            event_p->events);
    }
}

void shim_run_clients(const char *uri_p,
                      void **contexts_pp,
                      size_t length,
                      size_t message_size,
                      const struct shim_callbacks_t *callbacks_p)
{
    struct epoll_event events[EVENTS_MAX];
    struct shim_client_t *started_p;
    int epoll_fd;
    int count;
    size_t i;

    signal(SIGPIPE, SIG_IGN);
    epoll_fd = epoll_create1(0);
    started_p = calloc(length, sizeof(*started_p));

    for (i = 0; i < length; i++) {
        started_p[i].callbacks_p = callbacks_p;
        started_p[i].context_p = contexts_pp[i];

        if (start_client(&started_p[i],
                         uri_p,
                         message_size + OVERHEAD,
                         epoll_fd) != 0) {
            return;
        }
    }

    while (1) {
        count = epoll_wait(epoll_fd, &events[0], EVENTS_MAX, -1);

        for (i = 0; (int)i < count; i++) {
            process_client_event(&events[i]);
        }
    }
}

void shim_send_hello(struct shim_client_t *client_p, const char *user_p)
{
    chat_client_init_connect_req(&client_p->client)->user_p = (char *)user_p;
    chat_client_send(&client_p->client);
}

void shim_send(struct shim_client_t *client_p,
               const char *user_p,
               const char *text_p,
               size_t text_length)
{
    struct chat_message_ind_t *message_p;

    memcpy(client_p->text_p, text_p, text_length);
    client_p->text_p[text_length] = '\0';
    message_p = chat_client_init_message_ind(&client_p->client);
    message_p->user_p = (char *)user_p;
    message_p->text_p = client_p->text_p;
    chat_client_send(&client_p->client);
}
