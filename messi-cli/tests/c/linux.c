/*
 * Tests of the generated client and server of chat for Linux, with real
 * sockets: against each other, and against scripted peers.
 *
 * Usage: linux [TEST]
 *
 * Everything runs in one thread. Each wait is for an event, with a time limit.
 * The times of the runtime are made short by these definitions, for all files:
 *
 *     MESSI_CONFIG_RECONNECT_MIN_MS=10 MESSI_CONFIG_PING_INTERVAL_MS=40
 *     MESSI_CONFIG_PING_TIMEOUT_MS=1500 MESSI_CONFIG_CLIENT_TIMEOUT_MS=1500
 *     MESSI_CONFIG_PONG_INTERVAL_MS=10000 MESSI_CONFIG_ACCEPT_PAUSE_MS=1000
 *
 * The linker is called with --wrap=getaddrinfo and --wrap=freeaddrinfo.
 */

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "chat_client.h"
#include "chat_server.h"

#define CLIENTS_MAX 4
#define BUFFER_SIZE 128
#define LARGE_BUFFER_SIZE 65536
#define LIMIT_S 20

#define FRAME(text) (text), (sizeof(text) - 1)
#define PING "\x03\0\0\0"
#define PONG "\x04\0\0\0"
#define CONNECT_REQ "\x01\0\0\x08\x0a\x06\x0a\x04" "Erik"
#define CONNECT_RSP "\x02\0\0\x02\x0a\0"

#define ASSERT(condition)                                       \
    do {                                                        \
        if (!(condition)) {                                     \
            fprintf(stderr,                                     \
                    "%s:%d: %s: failed: %s\n",                  \
                    __FILE__, __LINE__, test_name_p, #condition); \
            exit(1);                                            \
        }                                                       \
    } while (0)

/* Handles events until the condition holds. */
#define WAIT_FOR(condition)                     \
    do {                                        \
        start_limit();                          \
        while (!(condition)) {                  \
            ASSERT(!is_limit_over());           \
            turn(10);                           \
        }                                       \
    } while (0)

static const char *test_name_p;
static int epoll_fd;
static time_t limit;

static struct chat_client_t client;
static bool is_client_started;
static struct chat_server_t server;
static struct chat_server_client_t server_clients[CLIENTS_MAX];
static bool is_server_started;

/* The programs' state, from their callbacks. */
static int connects;
static int disconnects;
static int responses;
static int messages;
static char last_text[BUFFER_SIZE];
static enum messi_disconnect_reason_t reason;
static int server_connects;
static int server_disconnects;
static enum messi_disconnect_reason_t server_reason;
static int requests;
static int server_messages;
static struct chat_server_client_t *last_client_p;
static void (*in_connected)(void);
static void (*in_disconnected)(void);
static void (*in_request)(struct chat_server_client_t *client_p);

static uint8_t client_in[BUFFER_SIZE];
static uint8_t client_out[BUFFER_SIZE];
static uint8_t client_workspace_in[512];
static uint8_t client_workspace_out[512];
static uint8_t server_in[CLIENTS_MAX * LARGE_BUFFER_SIZE];
static size_t server_in_size;
static uint8_t server_message[BUFFER_SIZE];
static uint8_t server_workspace_in[512];
static uint8_t server_workspace_out[512];

/* --- Waiting --- */

static time_t seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);

    return (now.tv_sec);
}

static void start_limit(void)
{
    limit = seconds() + LIMIT_S;
}

static bool is_limit_over(void)
{
    return (seconds() > limit);
}

/* Handles one event. Returns false if there was none. */
static bool turn(int timeout_ms)
{
    struct epoll_event event;

    if (epoll_wait(epoll_fd, &event, 1, timeout_ms) != 1) {
        return (false);
    }

    chat_client_process(&client, event.data.fd, event.events);
    chat_server_process(&server, event.data.fd, event.events);

    return (true);
}

static void handle_all_events(void)
{
    while (turn(0)) {
    }
}

/* --- The client --- */

static void on_connected(struct chat_client_t *self_p)
{
    ASSERT(chat_client_is_connected(self_p));
    connects++;

    if (in_connected != NULL) {
        in_connected();
    }
}

static void on_disconnected(struct chat_client_t *self_p,
                            enum messi_disconnect_reason_t disconnect_reason)
{
    ASSERT(!chat_client_is_connected(self_p));
    disconnects++;
    reason = disconnect_reason;

    if (in_disconnected != NULL) {
        in_disconnected();
    }
}

static void on_connect_rsp(struct chat_client_t *self_p,
                           struct chat_connect_rsp_t *message_p)
{
    (void)self_p;
    (void)message_p;
    responses++;
}

static void on_message_ind(struct chat_client_t *self_p,
                           struct chat_message_ind_t *message_p)
{
    (void)self_p;
    messages++;
    snprintf(&last_text[0], sizeof(last_text), "%s", message_p->text_p);
}

static int init_client_with(const char *uri_p,
                            size_t workspace_in_size,
                            size_t workspace_out_size,
                            messi_epoll_ctl_t epoll_ctl)
{
    return (chat_client_init(&client,
                             uri_p,
                             &client_in[0],
                             sizeof(client_in),
                             &client_workspace_in[0],
                             workspace_in_size,
                             &client_out[0],
                             sizeof(client_out),
                             &client_workspace_out[0],
                             workspace_out_size,
                             on_connected,
                             on_disconnected,
                             on_connect_rsp,
                             on_message_ind,
                             epoll_fd,
                             epoll_ctl));
}

static int init_client(const char *uri_p)
{
    return (init_client_with(uri_p, 512, 512, NULL));
}

static void start_client(void)
{
    is_client_started = true;
    ASSERT(chat_client_start(&client) == 0);
}

/* Starts the client of a server on this port of this machine. */
static void start_client_at(int port)
{
    char uri[64];

    snprintf(&uri[0], sizeof(uri), "tcp://127.0.0.1:%d", port);
    ASSERT(init_client(&uri[0]) == 0);
    start_client();
}

/* Starts the client, and waits until it is connected. */
static void connect_client_to(int port)
{
    start_client_at(port);
    WAIT_FOR(connects == 1);
}

static int client_sends(char *user_p)
{
    struct chat_connect_req_t *message_p;

    message_p = chat_client_init_connect_req(&client);
    ASSERT(message_p != NULL);
    message_p->user_p = user_p;

    return (chat_client_send(&client));
}

static int client_sends_numbered(char *text_p)
{
    struct chat_message_ind_t *message_p;

    message_p = chat_client_init_message_ind(&client);
    ASSERT(message_p != NULL);
    message_p->text_p = text_p;

    return (chat_client_send(&client));
}

static int client_sends_text(char *text_p)
{
    struct chat_message_ind_t *message_p;

    message_p = chat_client_init_message_ind(&client);
    ASSERT(message_p != NULL);
    message_p->user_p = "Erik";
    message_p->text_p = text_p;

    return (chat_client_send(&client));
}

/* --- The server --- */

static void on_client_connected(struct chat_server_t *self_p,
                                struct chat_server_client_t *client_p)
{
    (void)self_p;
    server_connects++;
    last_client_p = client_p;
}

static void on_client_disconnected(struct chat_server_t *self_p,
                                   struct chat_server_client_t *client_p)
{
    (void)self_p;
    server_disconnects++;
    server_reason = chat_server_client_disconnect_reason(client_p);
}

static void on_connect_req(struct chat_server_t *self_p,
                           struct chat_server_client_t *client_p,
                           struct chat_connect_req_t *message_p)
{
    (void)message_p;
    requests++;

    if (in_request != NULL) {
        in_request(client_p);
    } else {
        chat_server_init_connect_rsp(self_p);
        ASSERT(chat_server_reply(self_p) == 0);
    }
}

static void on_server_message_ind(struct chat_server_t *self_p,
                                  struct chat_server_client_t *client_p,
                                  struct chat_message_ind_t *message_p)
{
    (void)self_p;
    (void)client_p;
    server_messages++;
    snprintf(&last_text[0], sizeof(last_text), "%s", message_p->text_p);
}

static int init_server_with(const char *uri_p, int clients_max)
{
    return (chat_server_init(&server,
                             uri_p,
                             &server_clients[0],
                             clients_max,
                             &server_in[0],
                             server_in_size,
                             &server_message[0],
                             sizeof(server_message),
                             &server_workspace_in[0],
                             sizeof(server_workspace_in),
                             &server_workspace_out[0],
                             sizeof(server_workspace_out),
                             on_client_connected,
                             on_client_disconnected,
                             on_connect_req,
                             on_server_message_ind,
                             epoll_fd,
                             NULL));
}

/* Starts a server, and returns its port. */
static int start_server_at(const char *uri_p)
{
    ASSERT(init_server_with(uri_p, CLIENTS_MAX) == 0);
    is_server_started = true;
    ASSERT(chat_server_start(&server) == 0);
    ASSERT(chat_server_port(&server) > 0);

    return (chat_server_port(&server));
}

static int start_server(void)
{
    return (start_server_at("tcp://127.0.0.1:0"));
}

static void server_prepares(char *text_p)
{
    struct chat_message_ind_t *message_p;

    message_p = chat_server_init_message_ind(&server);
    ASSERT(message_p != NULL);
    message_p->user_p = "";
    message_p->text_p = text_p;
}

/* --- Scripted peers --- */

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address;

    memset(&address, 0, sizeof(address));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((uint16_t)port);

    return (address);
}

static int peer_connect(int port)
{
    struct sockaddr_in address;
    int fd;

    address = loopback(port);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    ASSERT(fd != -1);
    ASSERT(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);

    return (fd);
}

static int peer_listen(int *port_p)
{
    struct sockaddr_in address;
    socklen_t size;
    int fd;

    address = loopback(0);
    size = sizeof(address);
    fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    ASSERT(fd != -1);
    ASSERT(bind(fd, (struct sockaddr *)&address, size) == 0);
    ASSERT(listen(fd, 10) == 0);
    ASSERT(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    *port_p = ntohs(address.sin_port);

    return (fd);
}

static int peer_accept(int listener_fd)
{
    int fd;

    WAIT_FOR((fd = accept(listener_fd, NULL, NULL)) != -1);

    return (fd);
}

static void peer_sends(int fd, const char *data_p, size_t size)
{
    ASSERT(send(fd, data_p, size, MSG_NOSIGNAL) == (ssize_t)size);
}

static void peer_reads(int fd, char *data_p, size_t size)
{
    size_t received;
    ssize_t res;

    received = 0;
    start_limit();

    while (received < size) {
        ASSERT(!is_limit_over());
        res = recv(fd, &data_p[received], size - received, MSG_DONTWAIT);

        if (res > 0) {
            received += (size_t)res;
        } else {
            ASSERT((res == -1) && (errno == EAGAIN));
            turn(10);
        }
    }
}

static void peer_expects(int fd, const char *data_p, size_t size)
{
    char data[BUFFER_SIZE];

    ASSERT(size <= sizeof(data));
    peer_reads(fd, &data[0], size);
    ASSERT(memcmp(&data[0], data_p, size) == 0);
}

/* The stream has ended, or was reset. */
static void peer_expects_end(int fd)
{
    char byte;
    ssize_t res;

    WAIT_FOR(((res = recv(fd, &byte, 1, MSG_DONTWAIT)) != -1) || (errno != EAGAIN));
    ASSERT(res <= 0);
}

static void reset(int fd)
{
    struct linger linger = { 1, 0 };

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
    close(fd);
}

/* --- The resolver --- */

/* Ports on this machine that the next call resolves a host to, instead of its
   addresses. The host is not found if there are none. */
static const int *fake_ports_p;
static int number_of_fake_ports;
static struct addrinfo fake_addresses[2];
static struct sockaddr_in fake_sockaddrs[2];

int __real_getaddrinfo(const char *node_p,
                       const char *service_p,
                       const struct addrinfo *hints_p,
                       struct addrinfo **res_pp);
void __real_freeaddrinfo(struct addrinfo *res_p);
int __wrap_getaddrinfo(const char *node_p,
                       const char *service_p,
                       const struct addrinfo *hints_p,
                       struct addrinfo **res_pp);
void __wrap_freeaddrinfo(struct addrinfo *res_p);

int __wrap_getaddrinfo(const char *node_p,
                       const char *service_p,
                       const struct addrinfo *hints_p,
                       struct addrinfo **res_pp)
{
    int i;

    if (fake_ports_p == NULL) {
        return (__real_getaddrinfo(node_p, service_p, hints_p, res_pp));
    }

    if (number_of_fake_ports == 0) {
        fake_ports_p = NULL;

        return (EAI_NONAME);
    }

    for (i = 0; i < number_of_fake_ports; i++) {
        fake_sockaddrs[i] = loopback(fake_ports_p[i]);
        memset(&fake_addresses[i], 0, sizeof(fake_addresses[i]));
        fake_addresses[i].ai_family = AF_INET;
        fake_addresses[i].ai_addr = (struct sockaddr *)&fake_sockaddrs[i];
        fake_addresses[i].ai_addrlen = sizeof(fake_sockaddrs[i]);

        if (i > 0) {
            fake_addresses[i - 1].ai_next = &fake_addresses[i];
        }
    }

    fake_ports_p = NULL;
    *res_pp = &fake_addresses[0];

    return (0);
}

void __wrap_freeaddrinfo(struct addrinfo *res_p)
{
    if (res_p != &fake_addresses[0]) {
        __real_freeaddrinfo(res_p);
    }
}

/* --- Tests of both --- */

static void talk(const char *server_uri_p, const char *client_uri_format_p)
{
    char uri[64];
    int port;

    port = start_server_at(server_uri_p);
    snprintf(&uri[0], sizeof(uri), client_uri_format_p, port);
    ASSERT(init_client(&uri[0]) == 0);
    start_client();
    WAIT_FOR(connects == 1);
    ASSERT(client_sends("Erik") == 0);
    WAIT_FOR(responses == 1);
    ASSERT(requests == 1);
    server_prepares("hi");
    ASSERT(chat_server_broadcast(&server) == 0);
    WAIT_FOR(messages == 1);
    ASSERT(strcmp(&last_text[0], "hi") == 0);
    ASSERT(client_sends_text("hello") == 0);
    WAIT_FOR(server_messages == 1);
    ASSERT(strcmp(&last_text[0], "hello") == 0);
}

static void test_ipv4(void)
{
    talk("tcp://127.0.0.1:0", "tcp://127.0.0.1:%d");
}

static void test_empty_hosts(void)
{
    talk("tcp://:0", "tcp://:%d");
}

static void test_host_name(void)
{
    talk("tcp://127.0.0.1:0", "tcp://localhost:%d");
}

static void test_ipv6(void)
{
    int fd;

    fd = socket(AF_INET6, SOCK_STREAM, 0);

    if (fd == -1) {
        fprintf(stderr, "skipped: no IPv6\n");

        return;
    }

    close(fd);
    talk("tcp://[::1]:0", "tcp://[::1]:%d");
}

static void test_uris(void)
{
    static const struct {
        const char *uri_p;
        int res;
        const char *host_p;
        int port;
    } uris[] = {
        { "tcp://127.0.0.1:6000", 0, "127.0.0.1", 6000 },
        { "tcp://:6000", 0, "", 6000 },
        { "tcp://example.com:1", 0, "example.com", 1 },
        { "tcp://[::1]:65535", 0, "::1", 65535 },
        { "tcp://0123456789abcde:0", 0, "0123456789abcde", 0 },
        { "tcp://0123456789abcdef:0", -1, NULL, 0 },
        { "", -1, NULL, 0 },
        { "tcp:/", -1, NULL, 0 },
        { "tcp://", -1, NULL, 0 },
        { "udp://127.0.0.1:6000", -1, NULL, 0 },
        { "tcp://127.0.0.1", -1, NULL, 0 },
        { "tcp://127.0.0.1:", -1, NULL, 0 },
        { "tcp://127.0.0.1:65536", -1, NULL, 0 },
        { "tcp://127.0.0.1:99999999999999999999", -1, NULL, 0 },
        { "tcp://127.0.0.1:60a", -1, NULL, 0 },
        { "tcp://127.0.0.1:-1", -1, NULL, 0 },
        { "tcp://[::1:6000", -1, NULL, 0 },
        { "tcp://[::1]6000", -1, NULL, 0 }
    };
    char host[16];
    int port;
    size_t i;

    for (i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
        ASSERT(messi_parse_tcp_uri(uris[i].uri_p, &host[0], sizeof(host), &port)
               == uris[i].res);

        if (uris[i].res == 0) {
            ASSERT(strcmp(&host[0], uris[i].host_p) == 0);
            ASSERT(port == uris[i].port);
        }
    }

    ASSERT(init_client("127.0.0.1:6000") == -1);
    ASSERT(init_client("tcp://127.0.0.1:0") == -1);
    ASSERT(init_server_with("tcp://127.0.0.1", CLIENTS_MAX) == -1);
    ASSERT(init_server_with("tcp://127.0.0.1:0", 0) == -1);
}

static void test_header_functions(void)
{
    struct messi_header_t header;

    ASSERT(sizeof(header) == 4);
    messi_header_create(&header, MESSI_MESSAGE_TYPE_PONG, 0x010203);
    ASSERT(memcmp(&header, "\x04\x01\x02\x03", 4) == 0);
    ASSERT(messi_header_get_size(&header) == 0x010203);
}

static void test_many_messages_in_order(void)
{
    char text[16];
    int i;

    connect_client_to(start_server());
    WAIT_FOR(server_connects == 1);

    for (i = 1; i <= 20000; i++) {
        snprintf(&text[0], sizeof(text), "%d", i);
        ASSERT(client_sends_text(&text[0]) == 0);

        if (i % 1000 == 0) {
            WAIT_FOR(server_messages == i);
            ASSERT(strcmp(&last_text[0], &text[0]) == 0);
        }
    }
}

/* --- Tests of the client --- */

static void test_client_connects_when_the_server_starts(void)
{
    int fd;
    int port;

    fd = peer_listen(&port);
    close(fd);
    start_client_at(port);
    ASSERT(connects == 0);
    handle_all_events();
    ASSERT(disconnects == 0);
    (void)start_server_at("tcp://127.0.0.1:0");
    chat_server_stop(&server);
    is_server_started = false;

    {
        char uri[64];

        snprintf(&uri[0], sizeof(uri), "tcp://127.0.0.1:%d", port);
        (void)start_server_at(&uri[0]);
    }

    WAIT_FOR(connects == 1);
}

static void test_client_tries_all_addresses_of_a_host(void)
{
    int ports[2];
    int fd;

    fd = peer_listen(&ports[0]);
    close(fd);
    fd = peer_listen(&ports[1]);
    fake_ports_p = &ports[0];
    number_of_fake_ports = 2;
    ASSERT(init_client("tcp://example.com:1") == 0);
    start_client();
    WAIT_FOR(connects == 1);
    /* Without a pause between the two. */
    ASSERT(client.base.core.failures == 0);
    close(peer_accept(fd));
    close(fd);
}

static void test_client_tries_again_if_its_host_is_not_found(void)
{
    char uri[64];
    int port;
    int fd;

    fd = peer_listen(&port);
    fake_ports_p = &port;
    number_of_fake_ports = 0;
    snprintf(&uri[0], sizeof(uri), "tcp://localhost:%d", port);
    ASSERT(init_client(&uri[0]) == 0);
    start_client();
    ASSERT(connects == 0);
    WAIT_FOR(connects == 1);
    close(fd);
}

static void test_connection_to_itself_is_detected(void)
{
    struct sockaddr_in address;
    socklen_t size;
    int listener_fd;
    int fd;
    int port;

    listener_fd = peer_listen(&port);
    fd = peer_connect(port);
    ASSERT(!messi_socket_is_own_peer(fd));
    close(fd);
    close(listener_fd);
    address = loopback(0);
    size = sizeof(address);
    fd = socket(AF_INET, SOCK_STREAM, 0);
    ASSERT(bind(fd, (struct sockaddr *)&address, size) == 0);
    ASSERT(getsockname(fd, (struct sockaddr *)&address, &size) == 0);
    ASSERT(!messi_socket_is_own_peer(fd));
    ASSERT(connect(fd, (struct sockaddr *)&address, size) == 0);
    ASSERT(messi_socket_is_own_peer(fd));
    close(fd);
}

static void test_client_reconnects_with_fresh_input(void)
{
    int listener_fd;
    int fd;
    int port;

    listener_fd = peer_listen(&port);
    start_client_at(port);
    fd = peer_accept(listener_fd);
    peer_sends(fd, FRAME(CONNECT_RSP "\x02\0\0\x40\x12"));
    WAIT_FOR(responses == 1);
    close(fd);
    WAIT_FOR(disconnects == 1);
    ASSERT(reason == messi_disconnect_reason_connection_closed_t);
    fd = peer_accept(listener_fd);
    peer_sends(fd, FRAME(CONNECT_RSP));
    WAIT_FOR(responses == 2);
    close(fd);
    close(listener_fd);
}

static void test_client_survives_a_frame_that_is_too_big(void)
{
    int listener_fd;
    int fd;
    int port;

    listener_fd = peer_listen(&port);
    start_client_at(port);
    fd = peer_accept(listener_fd);
    peer_sends(fd, FRAME("\x02\xff\xff\xff" "rest"));
    WAIT_FOR(disconnects == 1);
    ASSERT(reason == messi_disconnect_reason_message_too_big_t);
    peer_expects_end(fd);
    close(fd);
    fd = peer_accept(listener_fd);
    peer_sends(fd, FRAME(CONNECT_RSP));
    WAIT_FOR(responses == 1);
    close(fd);
    close(listener_fd);
}

static void test_client_is_given_up_by_a_silent_server(void)
{
    int listener_fd;
    int fd;
    int port;

    listener_fd = peer_listen(&port);
    start_client_at(port);
    fd = peer_accept(listener_fd);
    peer_expects(fd, FRAME(PING));
    WAIT_FOR(disconnects == 1);
    ASSERT(reason == messi_disconnect_reason_keep_alive_timeout_t);
    close(fd);
    close(listener_fd);
}

static void test_keep_alive_keeps_a_connection(void)
{
    int listener_fd;
    int fd;
    int port;
    int i;

    listener_fd = peer_listen(&port);
    start_client_at(port);
    fd = peer_accept(listener_fd);

    for (i = 0; i < 10; i++) {
        peer_expects(fd, FRAME(PING));
        peer_sends(fd, FRAME(PONG));
    }

    ASSERT(disconnects == 0);
    close(fd);
    close(listener_fd);
}

static void test_idle_client_and_server_stay_connected(void)
{
    struct chat_server_client_t *client_p;
    uint32_t begin;

    connect_client_to(start_server());
    WAIT_FOR(server_connects == 1);
    client_p = last_client_p;
    begin = client_p->base.core.connection.keep_alive.server.next_pong;
    /* As long as several keep-alive timeouts, counted by pongs. */
    WAIT_FOR(client_p->base.core.connection.keep_alive.server.next_pong - begin
             > 2 * MESSI_CONFIG_CLIENT_TIMEOUT_MS);
    ASSERT(disconnects == 0);
    ASSERT(server_disconnects == 0);
}

static void test_send_without_connection_does_nothing(void)
{
    int listener_fd;
    int fd;
    int port;

    listener_fd = peer_listen(&port);
    ASSERT(init_client("tcp://127.0.0.1:1") == 0);
    ASSERT(client_sends("Erik") == -1);
    handle_all_events();
    ASSERT(disconnects == 0);
    connect_client_to(port);
    fd = peer_accept(listener_fd);
    reset(fd);
    WAIT_FOR(disconnects == 1);
    ASSERT(client_sends("Erik") == -1);
    ASSERT(client_sends("Erik") == -1);
    ASSERT(disconnects == 1);
    /* One connection, not several. */
    fd = peer_accept(listener_fd);
    WAIT_FOR(connects == 2);
    ASSERT(accept(listener_fd, NULL, NULL) == -1);
    close(fd);
    close(listener_fd);
}

static void test_writing_to_a_closed_connection_raises_no_signal(void)
{
    int listener_fd;
    int fd;
    int port;
    int i;

    listener_fd = peer_listen(&port);
    connect_client_to(port);
    fd = peer_accept(listener_fd);
    close(fd);

    /* The first write succeeds, and causes a reset. */
    for (i = 0; i < 3; i++) {
        (void)client_sends("Erik");
    }

    ASSERT(disconnects == 0);
    WAIT_FOR(disconnects == 1);
    ASSERT(reason == messi_disconnect_reason_connection_closed_t);
    close(listener_fd);
    fd = peer_connect(start_server());
    WAIT_FOR(server_connects == 1);
    close(fd);

    for (i = 0; i < 3; i++) {
        server_prepares("all");
        ASSERT(chat_server_broadcast(&server) == 0);
    }

    ASSERT(server_disconnects == 0);
    WAIT_FOR(server_disconnects == 1);
    ASSERT(server_reason == messi_disconnect_reason_connection_closed_t);
}

static void number_text(char *text_p, int number)
{
    snprintf(text_p, 101, "%0100d", number);
}

/* Expects numbered messages, and at most one ping or pong between them. */
static void expect_numbered(int fd, char type, int count)
{
    char header[8];
    char text[101];
    char expected[101];
    int i;

    for (i = 0; i < count; i++) {
        peer_reads(fd, &header[0], 4);

        if (memcmp(&header[0], (type == 1) ? PING : PONG, 4) == 0) {
            peer_reads(fd, &header[0], 4);
        }

        ASSERT(header[0] == type);
        ASSERT(header[3] == 104);
        peer_reads(fd, &header[4], 4);
        peer_reads(fd, &text[0], 100);
        snprintf(&expected[0], sizeof(expected), "%0100d", i);
        ASSERT(memcmp(&text[0], &expected[0], 100) == 0);
    }
}

#if MESSI_CONFIG_MALLOC

/* Makes the system queue little, so that the queue of messi is needed soon. */
static void make_buffers_small(int fd)
{
    int size;

    size = 4096;
    ASSERT(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)) == 0);
    ASSERT(setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)) == 0);
}

static void test_client_queues_while_the_server_does_not_read(void)
{
    int listener_fd;
    int fd;
    int port;
    int i;
    char text[101];

    listener_fd = peer_listen(&port);
    make_buffers_small(listener_fd);
    connect_client_to(port);
    make_buffers_small(client.base.fd);
    fd = peer_accept(listener_fd);

    for (i = 0; client.base.core.connection.output.size < 100000; i++) {
        number_text(&text[0], i);
        ASSERT(client_sends_numbered(&text[0]) == 0);
    }

    /* Not only when a ping is due. */
    ASSERT(client.base.events == (EPOLLIN | EPOLLOUT));
    expect_numbered(fd, 1, i);
    ASSERT(disconnects == 0);
    /* The heap is given back. */
    ASSERT(client.base.core.connection.output.size == sizeof(client_out));
    close(fd);
    close(listener_fd);
}

#endif

static void test_client_ends_when_its_queue_is_full(void)
{
    int listener_fd;
    int fd;
    int port;
    int i;
    char text[101];

    listener_fd = peer_listen(&port);
    connect_client_to(port);
    fd = peer_accept(listener_fd);
    number_text(&text[0], 0);

    for (i = 0; client_sends_numbered(&text[0]) == 0; i++) {
        ASSERT(i < 10000000);
    }

    /* The callback does not run in send(). */
    ASSERT(disconnects == 0);
    WAIT_FOR(disconnects == 1);
    ASSERT(reason == messi_disconnect_reason_output_full_t);
    close(fd);
    close(listener_fd);
}

static void test_small_workspaces_are_errors(void)
{
    char uri[64];
    int listener_fd;
    int fd;
    int port;

    listener_fd = peer_listen(&port);
    snprintf(&uri[0], sizeof(uri), "tcp://127.0.0.1:%d", port);
    ASSERT(init_client_with(&uri[0], 10, 10, NULL) == 0);
    ASSERT(chat_client_init_connect_req(&client) == NULL);
    start_client();
    fd = peer_accept(listener_fd);
    peer_sends(fd, FRAME("\x02\0\0\x02\x12\0"));
    WAIT_FOR(disconnects == 1);
    ASSERT(reason == messi_disconnect_reason_message_decode_error_t);
    close(fd);
    WAIT_FOR(connects == 2);
    ASSERT(chat_client_send(&client) == -1);
    WAIT_FOR(disconnects == 2);
    ASSERT(reason == messi_disconnect_reason_message_encode_error_t);
    close(listener_fd);
}

static void test_message_above_the_buffer_is_an_encode_error(void)
{
    struct itimerspec left;
    char text[200];

    memset(&text[0], 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    connect_client_to(start_server());
    WAIT_FOR(connects == 1);
    ASSERT(client_sends(&text[0]) == -1);
    ASSERT(disconnects == 0);
    /* The callback follows at once, not when the next ping is due. */
    ASSERT(timerfd_gettime(client.base.timer.fd, &left) == 0);
    ASSERT((left.it_value.tv_sec == 0) && (left.it_value.tv_nsec <= 1));
    WAIT_FOR(disconnects == 1);
    ASSERT(reason == messi_disconnect_reason_message_encode_error_t);
}

static void stop_client(void)
{
    chat_client_stop(&client);
}

static void restart_client(void)
{
    chat_client_stop(&client);
    ASSERT(chat_client_start(&client) == 0);
}

static void test_client_is_stopped_in_callbacks(void)
{
    int port;

    port = start_server();
    in_connected = stop_client;
    start_client_at(port);
    WAIT_FOR((connects == 1) && (server_disconnects == 1));
    in_connected = NULL;
    ASSERT(chat_client_start(&client) == 0);
    WAIT_FOR((connects == 2) && (server_connects == 2));
    in_disconnected = stop_client;
    chat_server_disconnect(&server, last_client_p);
    WAIT_FOR(disconnects == 1);
    handle_all_events();
    ASSERT(connects == 2);
}

static void test_client_is_restarted_in_a_callback(void)
{
    int port;

    port = start_server();
    start_client_at(port);
    WAIT_FOR(server_connects == 1);
    in_disconnected = restart_client;
    chat_server_disconnect(&server, last_client_p);
    WAIT_FOR(server_connects == 2);
    ASSERT(disconnects == 1);
    ASSERT(connects == 2);
}

static void test_client_that_restarts_for_ever_lets_others_run(void)
{
    int port;

    port = start_server();
    in_connected = restart_client;
    start_client_at(port);
    ASSERT(connects < 20);
    WAIT_FOR(server_disconnects >= 20);
}

static int failing_epoll_ctl(int fd, int op, int other_fd, uint32_t events)
{
    (void)fd;
    (void)op;
    (void)other_fd;
    (void)events;

    return (-1);
}

static int odd_epoll_ctl(int fd, int op, int other_fd, uint32_t events)
{
    return (messi_epoll_ctl_default(fd, op, other_fd, events) == -1 ? -1 : 5);
}

static void test_epoll_ctl_of_the_program(void)
{
    char uri[64];
    int port;

    port = start_server();
    snprintf(&uri[0], sizeof(uri), "tcp://127.0.0.1:%d", port);
    ASSERT(init_client_with(&uri[0], 512, 512, failing_epoll_ctl) == 0);
    ASSERT(chat_client_start(&client) == -1);
    ASSERT(init_client_with(&uri[0], 512, 512, odd_epoll_ctl) == 0);
    start_client();
    WAIT_FOR(connects == 1);
}

/* --- Tests of the server --- */

static void test_server_reads_any_pieces(void)
{
    static const char frames[] = PING CONNECT_REQ "\x01\0\0\0" CONNECT_REQ;
    int fd;
    size_t i;

    fd = peer_connect(start_server());

    for (i = 0; i < sizeof(frames) - 1; i++) {
        peer_sends(fd, &frames[i], 1);
        handle_all_events();
    }

    peer_expects(fd, FRAME(PONG CONNECT_RSP CONNECT_RSP));
    close(fd);
}

static void test_server_answers_before_it_closes(void)
{
    int fd;

    fd = peer_connect(start_server());
    peer_sends(fd, FRAME(CONNECT_REQ PING));
    shutdown(fd, SHUT_WR);
    peer_expects(fd, FRAME(CONNECT_RSP PONG));
    peer_expects_end(fd);
    WAIT_FOR(server_disconnects == 1);
    ASSERT(server_reason == messi_disconnect_reason_connection_closed_t);
    close(fd);
}

static void test_server_answers_a_full_buffer_before_it_closes(void)
{
    int fd;
    int i;

    fd = peer_connect(start_server());
    ASSERT(10 * 12 + 2 * 4 == BUFFER_SIZE);

    for (i = 0; i < 10; i++) {
        peer_sends(fd, FRAME(CONNECT_REQ));
    }

    peer_sends(fd, FRAME(PING PING));
    shutdown(fd, SHUT_WR);

    /* The pong overtakes the responses that are queued until the end. */
    peer_expects(fd, FRAME(CONNECT_RSP));
#if MESSI_CONFIG_MALLOC
    peer_expects(fd, FRAME(PONG));
#endif

    for (i = 1; i < 10; i++) {
        peer_expects(fd, FRAME(CONNECT_RSP));
    }

#if !MESSI_CONFIG_MALLOC
    peer_expects(fd, FRAME(PONG));
#endif
    peer_expects_end(fd);
    close(fd);
}

/* --- Tests of messages that are written together --- */

static int echoes;

/* Sends several messages to the client whose request is handled. */
static void send_echoes(struct chat_server_client_t *client_p)
{
    char text[101];
    int i;

    for (i = 0; i < echoes; i++) {
        number_text(&text[0], i);
        server_prepares(&text[0]);
        ASSERT(chat_server_send(&server, client_p) == 0);
    }
}

static void expect_echoes(int count)
{
    int fd;

    echoes = count;
    in_request = send_echoes;
    fd = peer_connect(start_server());
    peer_sends(fd, FRAME(CONNECT_REQ));
    WAIT_FOR(requests == 1);
    expect_numbered(fd, 2, count);
    ASSERT(server_disconnects == 0);
    close(fd);
}

static void test_messages_of_a_callback_arrive_in_order(void)
{
    expect_echoes(100);
}

#if MESSI_CONFIG_MALLOC

static void test_many_messages_of_a_callback_arrive_in_order(void)
{
    int fd;

    /* More than the queue may hold, but less than the sockets. */
    echoes = 2000;
    in_request = send_echoes;
    (void)start_server();
    chat_server_set_output_max(&server, 2 * MESSI_TURN_SIZE);
    fd = peer_connect(chat_server_port(&server));
    peer_sends(fd, FRAME(CONNECT_REQ));
    WAIT_FOR(requests == 1);
    expect_numbered(fd, 2, echoes);
    ASSERT(server_disconnects == 0);
    close(fd);
}

/* One of the two messages is queued until the end of the turn. */
static void check_first_message(struct chat_server_client_t *client_p)
{
    echoes = 2;
    send_echoes(client_p);
    ASSERT(client_p->base.core.connection.output.end
           - client_p->base.core.connection.output.begin == 108);
}

static void test_first_message_of_a_callback_is_written_at_once(void)
{
    int fd;

    in_request = check_first_message;
    fd = peer_connect(start_server());
    peer_sends(fd, FRAME(CONNECT_REQ));
    WAIT_FOR(requests == 1);
    expect_numbered(fd, 2, 2);
    close(fd);
}

static void broadcast_to_others(struct chat_server_client_t *client_p)
{
    (void)client_p;
    server_prepares("all");
    ASSERT(chat_server_broadcast(&server) == 0);
    ASSERT(chat_server_broadcast(&server) == 0);
}

static void test_delayed_messages_reach_all_clients(void)
{
    int fds[3];
    int port;
    int round;
    int i;

    in_request = broadcast_to_others;
    port = start_server();

    for (i = 0; i < 3; i++) {
        fds[i] = peer_connect(port);
    }

    WAIT_FOR(server_connects == 3);

    for (round = 1; round <= 2; round++) {
        peer_sends(fds[1], FRAME(CONNECT_REQ));
        WAIT_FOR(requests == round);

        for (i = 0; i < 3; i++) {
            /* In the same turn. */
            ASSERT(messi_output_is_empty(
                       &server_clients[i].base.core.connection.output));
            peer_expects(fds[i],
                         FRAME("\x02\0\0\x07\x12\x05\x12\x03" "all"
                               "\x02\0\0\x07\x12\x05\x12\x03" "all"));
        }
    }

    for (i = 0; i < 3; i++) {
        close(fds[i]);
    }
}

static void send_and_stop(struct chat_server_client_t *client_p)
{
    send_echoes(client_p);
    chat_server_stop(&server);
}

static void test_messages_of_a_callback_that_stops_the_server_are_sent(void)
{
    int fd;

    echoes = 3;
    in_request = send_and_stop;
    fd = peer_connect(start_server());
    peer_sends(fd, FRAME(CONNECT_REQ));
    WAIT_FOR(requests == 1);
    expect_numbered(fd, 2, 3);
    peer_expects_end(fd);
    close(fd);
    in_request = NULL;
    fd = peer_connect(start_server());
    peer_sends(fd, FRAME(CONNECT_REQ));
    peer_expects(fd, FRAME(CONNECT_RSP));
    close(fd);
}

static void send_and_disconnect(struct chat_server_client_t *client_p)
{
    send_echoes(client_p);
    chat_server_disconnect(&server, NULL);
}

static void test_messages_of_a_callback_that_disconnects_are_sent(void)
{
    int fd;

    echoes = 3;
    in_request = send_and_disconnect;
    fd = peer_connect(start_server());
    peer_sends(fd, FRAME(CONNECT_REQ));
    expect_numbered(fd, 2, 3);
    peer_expects_end(fd);
    WAIT_FOR(server_disconnects == 1);
    ASSERT(server_reason == messi_disconnect_reason_disconnected_t);
    close(fd);
}

static void expect_answers_before_end(const char *data_p, size_t size)
{
    int fd;

    fd = peer_connect(chat_server_port(&server));
    peer_sends(fd, data_p, size);
    /* The pong overtakes the second response. */
    peer_expects(fd, FRAME(CONNECT_RSP "\x04\0\0\0" CONNECT_RSP));
    peer_expects_end(fd);
    close(fd);
}

static void test_messages_before_a_bad_frame_are_answered(void)
{
    (void)start_server();
    expect_answers_before_end(FRAME(CONNECT_REQ "\x03\0\0\0" CONNECT_REQ
                                    "\x05\0\0\0"));
    expect_answers_before_end(FRAME(CONNECT_REQ "\x03\0\0\0" CONNECT_REQ
                                    "\x01\xff\xff\xff"));
    expect_answers_before_end(FRAME(CONNECT_REQ "\x03\0\0\0" CONNECT_REQ
                                    "\x01\0\0\x01\xff"));
}

static void send_and_stop_client(void)
{
    char text[101];
    int i;

    for (i = 0; i < 3; i++) {
        number_text(&text[0], i);
        ASSERT(client_sends_numbered(&text[0]) == 0);
    }

    chat_client_stop(&client);
}

static void test_messages_of_a_callback_that_stops_the_client_are_sent(void)
{
    int listener_fd;
    int fd;
    int port;

    in_connected = send_and_stop_client;
    listener_fd = peer_listen(&port);
    start_client_at(port);
    fd = peer_accept(listener_fd);
    expect_numbered(fd, 1, 3);
    peer_expects_end(fd);
    close(fd);
    close(listener_fd);
}

static void send_some(void)
{
    char text[101];
    int i;

    for (i = 0; i < 1000; i++) {
        number_text(&text[0], i);
        ASSERT(client_sends_numbered(&text[0]) == 0);
    }

    /* Written together, but not without a bound. */
    ASSERT(client.base.core.connection.output.end
           - client.base.core.connection.output.begin
           < MESSI_TURN_SIZE + 108);
    ASSERT(client.base.core.connection.output.end
           > client.base.core.connection.output.begin);
}

static void test_messages_of_a_callback_of_a_client_arrive_in_order(void)
{
    int listener_fd;
    int fd;
    int port;

    in_connected = send_some;
    listener_fd = peer_listen(&port);
    start_client_at(port);
    fd = peer_accept(listener_fd);
    expect_numbered(fd, 1, 1000);
    close(fd);
    close(listener_fd);
}

#endif

/* --- Further tests of the server --- */

static void expect_disconnect(const char *data_p,
                              size_t size,
                              enum messi_disconnect_reason_t expected)
{
    int fd;
    int before;

    before = server_disconnects;
    fd = peer_connect(chat_server_port(&server));
    peer_sends(fd, data_p, size);
    WAIT_FOR(server_disconnects == before + 1);
    ASSERT(server_reason == expected);
    peer_expects_end(fd);
    close(fd);
}

static void test_server_disconnects_faulty_clients(void)
{
    (void)start_server();
    expect_disconnect(FRAME("\x01\xff\xff\xff"),
                      messi_disconnect_reason_message_too_big_t);
    expect_disconnect(FRAME("\x01\0\0\x03\x0a\x05" "a"),
                      messi_disconnect_reason_message_decode_error_t);
    expect_disconnect(FRAME("\x02\0\0\0"),
                      messi_disconnect_reason_unexpected_type_t);
    expect_disconnect(FRAME("\x01"),
                      messi_disconnect_reason_keep_alive_timeout_t);
    ASSERT(server_connects == 4);
}

static void test_server_refuses_clients_above_the_maximum(void)
{
    int fds[CLIENTS_MAX + 1];
    int port;
    int i;

    port = start_server();

    for (i = 0; i <= CLIENTS_MAX; i++) {
        fds[i] = peer_connect(port);
    }

    peer_expects_end(fds[CLIENTS_MAX]);
    ASSERT(server_connects == CLIENTS_MAX);
    ASSERT(server_disconnects == 0);
    /* A place is taken again. */
    close(fds[0]);
    WAIT_FOR(server_disconnects == 1);
    fds[0] = peer_connect(port);
    WAIT_FOR(server_connects == CLIENTS_MAX + 1);

    for (i = 0; i <= CLIENTS_MAX; i++) {
        close(fds[i]);
    }
}

static void test_ids_of_clients_are_not_used_again(void)
{
    uint32_t id;
    int fd;
    int port;

    port = start_server();
    fd = peer_connect(port);
    WAIT_FOR(server_connects == 1);
    ASSERT(chat_server_client_fd(last_client_p) != -1);
    id = chat_server_client_id(last_client_p);
    close(fd);
    WAIT_FOR(server_disconnects == 1);
    ASSERT(chat_server_send(&server, last_client_p) == -1);
    ASSERT(chat_server_client_fd(last_client_p) == -1);
    fd = peer_connect(port);
    WAIT_FOR(server_connects == 2);
    ASSERT(chat_server_client_id(last_client_p) != id);
    close(fd);
}

static void test_send_reply_and_broadcast(void)
{
    struct chat_server_client_t *first_p;
    int fds[2];
    int port;

    port = start_server();
    fds[0] = peer_connect(port);
    WAIT_FOR(server_connects == 1);
    first_p = last_client_p;
    fds[1] = peer_connect(port);
    WAIT_FOR(server_connects == 2);
    server_prepares("all");
    ASSERT(chat_server_broadcast(&server) == 0);
    server_prepares("one");
    ASSERT(chat_server_send(&server, first_p) == 0);
    ASSERT(chat_server_reply(&server) == -1);
    chat_server_disconnect(&server, NULL);
    peer_expects(fds[0], FRAME("\x02\0\0\x07\x12\x05\x12\x03" "all"));
    peer_expects(fds[0], FRAME("\x02\0\0\x07\x12\x05\x12\x03" "one"));
    peer_expects(fds[1], FRAME("\x02\0\0\x07\x12\x05\x12\x03" "all"));
    ASSERT(server_disconnects == 0);
    close(fds[0]);
    close(fds[1]);
}

static void test_message_above_the_buffer_is_not_sent(void)
{
    char text[200];
    int fd;

    memset(&text[0], 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    fd = peer_connect(start_server());
    WAIT_FOR(server_connects == 1);
    server_prepares(&text[0]);
    ASSERT(chat_server_broadcast(&server) == -1);
    ASSERT(chat_server_send(&server, last_client_p) == -1);
    server_prepares("all");
    ASSERT(chat_server_broadcast(&server) == 0);
    peer_expects(fd, FRAME("\x02\0\0\x07\x12\x05\x12\x03" "all"));
    close(fd);
}

static void disconnect_current(struct chat_server_client_t *client_p)
{
    (void)client_p;
    chat_server_init_connect_rsp(&server);
    ASSERT(chat_server_reply(&server) == 0);
    chat_server_disconnect(&server, NULL);
    ASSERT(chat_server_reply(&server) == -1);
}

static void test_disconnect_in_and_outside_of_a_callback(void)
{
    int fd;
    int port;

    port = start_server();
    in_request = disconnect_current;
    fd = peer_connect(port);
    peer_sends(fd, FRAME(CONNECT_REQ CONNECT_REQ));
    peer_expects(fd, FRAME(CONNECT_RSP));
    peer_expects_end(fd);
    WAIT_FOR(server_disconnects == 1);
    ASSERT(requests == 1);
    ASSERT(server_reason == messi_disconnect_reason_disconnected_t);
    close(fd);
    fd = peer_connect(port);
    WAIT_FOR(server_connects == 2);
    chat_server_disconnect(&server, last_client_p);
    ASSERT(server_disconnects == 1);
    /* At once, not when the next timer expires. */
    ASSERT(turn(MESSI_CONFIG_CLIENT_TIMEOUT_MS / 2));
    ASSERT(server_disconnects == 2);
    peer_expects_end(fd);
    close(fd);
}

static void stop_server(struct chat_server_client_t *client_p)
{
    (void)client_p;
    chat_server_stop(&server);
}

static void test_server_is_stopped_in_a_callback_and_started_again(void)
{
    int fd;

    in_request = stop_server;
    fd = peer_connect(start_server());
    peer_sends(fd, FRAME(CONNECT_REQ CONNECT_REQ));
    peer_expects_end(fd);
    ASSERT(requests == 1);
    ASSERT(server_disconnects == 0);
    ASSERT(chat_server_port(&server) == -1);
    close(fd);
    in_request = NULL;
    ASSERT(chat_server_start(&server) == 0);
    fd = peer_connect(chat_server_port(&server));
    peer_sends(fd, FRAME(CONNECT_REQ));
    peer_expects(fd, FRAME(CONNECT_RSP));
    close(fd);
}

static void test_start_reports_a_port_in_use(void)
{
    char uri[64];
    int fd;
    int port;

    fd = peer_listen(&port);
    snprintf(&uri[0], sizeof(uri), "tcp://127.0.0.1:%d", port);
    ASSERT(init_server_with(&uri[0], CLIENTS_MAX) == 0);
    ASSERT(chat_server_start(&server) == -1);
    close(fd);
}

#if MESSI_CONFIG_MALLOC

static void test_server_queues_while_a_client_does_not_read(void)
{
    char text[101];
    int fd;
    int i;

    (void)start_server();
    make_buffers_small(server.base.listener_fd);
    fd = peer_connect(chat_server_port(&server));
    make_buffers_small(fd);
    WAIT_FOR(server_connects == 1);

    for (i = 0; last_client_p->base.core.connection.output.size < 100000; i++) {
        number_text(&text[0], i);
        server_prepares(&text[0]);
        ASSERT(chat_server_send(&server, last_client_p) == 0);
    }

    expect_numbered(fd, 2, i);
    ASSERT(server_disconnects == 0);
    /* The heap is given back. */
    ASSERT(last_client_p->base.core.connection.output.size == 0);
    close(fd);
}

#endif

static void test_slow_client_is_disconnected_alone(void)
{
    char data[108];
    char text[101];
    int slow_fd;
    int fd;
    int port;
    int i;

    port = start_server();
    chat_server_set_output_max(&server, 65536);
    slow_fd = peer_connect(port);
    WAIT_FOR(server_connects == 1);
    fd = peer_connect(port);
    WAIT_FOR(server_connects == 2);
    number_text(&text[0], 0);

    for (i = 0; server_disconnects == 0; i++) {
        ASSERT(i < 1000000);
        server_prepares(&text[0]);
        ASSERT(chat_server_broadcast(&server) == 0);
        peer_reads(fd, &data[0], sizeof(data));

        if (i % 1000 == 0) {
            peer_sends(fd, FRAME(PING));
            peer_sends(slow_fd, FRAME(PING));
            peer_expects(fd, FRAME(PONG));
        }

        handle_all_events();
    }

    ASSERT(server_reason == messi_disconnect_reason_output_full_t);
    server_prepares("all");
    ASSERT(chat_server_broadcast(&server) == 0);
    peer_expects(fd, FRAME("\x02\0\0\x07\x12\x05\x12\x03" "all"));
    close(slow_fd);
    close(fd);
}

static void test_buffers_of_the_program_replace_the_heap(void)
{
    static uint8_t buffers[CLIENTS_MAX][512];
    char text[101];
    int fd;
    int i;

    fd = peer_connect(start_server());
    chat_server_set_output_buffers(&server, &buffers[0][0], sizeof(buffers[0]));
    WAIT_FOR(server_connects == 1);
    number_text(&text[0], 0);
    server_prepares(&text[0]);

    for (i = 0; chat_server_send(&server, last_client_p) == 0; i++) {
        ASSERT(i < 1000000);
        ASSERT(last_client_p->base.core.connection.output.size == 512);
    }

    WAIT_FOR(server_disconnects == 1);
    ASSERT(server_reason == messi_disconnect_reason_output_full_t);
    close(fd);
}

static void ignore_request(struct chat_server_client_t *client_p)
{
    (void)client_p;
}

static void flood_server(size_t buffer_size)
{
    static char flood[120000];
    int busy_fd;
    int fd;
    int port;
    size_t i;

    for (i = 0; i < sizeof(flood); i += 12) {
        memcpy(&flood[i], CONNECT_REQ, 12);
    }

    in_request = ignore_request;
    server_in_size = buffer_size;
    port = start_server();
    busy_fd = peer_connect(port);
    fd = peer_connect(port);
    WAIT_FOR(server_connects == 2);
    peer_sends(busy_fd, &flood[0], sizeof(flood));
    peer_sends(fd, FRAME(PING));

    /* One turn of the busy client, and one of the other, in any order. */
    ASSERT(turn(1000));
    ASSERT(turn(1000));
    ASSERT(requests > 0);
    ASSERT(requests <= (MESSI_TURN_SIZE + BUFFER_SIZE) / 12);
    peer_expects(fd, FRAME(PONG));
    close(busy_fd);
    close(fd);
}

static void test_busy_client_does_not_delay_the_pongs_of_others(void)
{
    flood_server(BUFFER_SIZE);
}

static void test_busy_client_with_a_large_buffer_does_not_either(void)
{
    flood_server(LARGE_BUFFER_SIZE);
}

static void test_many_clients_connect_at_once(void)
{
    struct sockaddr_in address;
    struct pollfd pollfd;
    int fds[300];
    int i;

    address = loopback(start_server());

    for (i = 0; i < 300; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        ASSERT(fds[i] != -1);
        (void)connect(fds[i], (struct sockaddr *)&address, sizeof(address));
        pollfd.fd = fds[i];
        pollfd.events = POLLOUT;
        ASSERT(poll(&pollfd, 1, 500) == 1);
    }

    for (i = 0; i < 300; i++) {
        close(fds[i]);
    }

    handle_all_events();
}

static void test_server_survives_a_lack_of_file_descriptors(void)
{
    struct rlimit old;
    struct rlimit low;
    int fd;
    int port;

    port = start_server();
    ASSERT(getrlimit(RLIMIT_NOFILE, &old) == 0);
    fd = peer_connect(port);
    low = old;
    low.rlim_cur = (rlim_t)fd + 1;
    ASSERT(setrlimit(RLIMIT_NOFILE, &low) == 0);
    ASSERT(turn(1000));
    /* The listener does not wake the loop again and again. */
    ASSERT(!turn(0));
    ASSERT(setrlimit(RLIMIT_NOFILE, &old) == 0);
    WAIT_FOR(server_connects == 1);
    close(fd);
}

static uint32_t next_random(uint32_t *state_p)
{
    *state_p ^= *state_p << 13;
    *state_p ^= *state_p >> 17;
    *state_p ^= *state_p << 5;

    return (*state_p >> 8);
}

/* Sends frames, parts of frames and noise, and leaves in some way. */
static void be_hostile(int port, uint32_t *state_p)
{
    static const struct {
        const char *data_p;
        size_t size;
    } pieces[] = {
        { FRAME(CONNECT_REQ) },
        { FRAME(PING) },
        { FRAME("\x01") },
        { FRAME("\x01\0\0\x40\x12\x3e") },
        { FRAME("\x01\0\0\x05\xff\xff\xff\xff\xff") },
        { FRAME("\x01\xff\xff\xff") },
        { FRAME("\x04\0\0\0") },
        { FRAME("\xde\xad\xbe\xef") }
    };
    size_t piece;
    int fd;
    int i;

    fd = peer_connect(port);

    for (i = next_random(state_p) % 6; i >= 0; i--) {
        piece = next_random(state_p) % (sizeof(pieces) / sizeof(pieces[0]));
        (void)send(fd, pieces[piece].data_p, pieces[piece].size, MSG_NOSIGNAL);

        if (next_random(state_p) % 2 == 0) {
            (void)turn(0);
        }
    }

    if (next_random(state_p) % 2 == 0) {
        reset(fd);
    } else {
        close(fd);
    }
}

static void test_hostile_clients_do_no_harm(void)
{
    uint32_t state;
    int port;
    int fd;
    int i;

    port = start_server();
    state = 1;

    for (i = 0; i < 500; i++) {
        be_hostile(port, &state);
    }

    handle_all_events();
    WAIT_FOR(server_disconnects == server_connects);
    ASSERT(server_connects > 100);
    requests = 0;
    fd = peer_connect(port);
    peer_sends(fd, FRAME(CONNECT_REQ));
    peer_expects(fd, FRAME(CONNECT_RSP));
    close(fd);
}

static void test_unknown_file_descriptors_are_ignored(void)
{
    connect_client_to(start_server());
    WAIT_FOR(server_connects == 1);
    chat_client_process(&client, -1, EPOLLIN);
    chat_client_process(&client, 12345, EPOLLIN);
    chat_server_process(&server, -1, EPOLLIN);
    chat_server_process(&server, 12345, EPOLLIN);
    ASSERT(client_sends("Erik") == 0);
    WAIT_FOR(responses == 1);
}

/* --- Main --- */

static const struct {
    const char *name_p;
    void (*run)(void);
} tests[] = {
#define TEST(name) { #name, test_ ## name }
    TEST(ipv4),
    TEST(empty_hosts),
    TEST(host_name),
    TEST(ipv6),
    TEST(uris),
    TEST(header_functions),
    TEST(many_messages_in_order),
    TEST(client_connects_when_the_server_starts),
    TEST(client_tries_all_addresses_of_a_host),
    TEST(client_tries_again_if_its_host_is_not_found),
    TEST(connection_to_itself_is_detected),
    TEST(client_reconnects_with_fresh_input),
    TEST(client_survives_a_frame_that_is_too_big),
    TEST(client_is_given_up_by_a_silent_server),
    TEST(keep_alive_keeps_a_connection),
    TEST(idle_client_and_server_stay_connected),
    TEST(send_without_connection_does_nothing),
    TEST(writing_to_a_closed_connection_raises_no_signal),
#if MESSI_CONFIG_MALLOC
    TEST(client_queues_while_the_server_does_not_read),
#endif
    TEST(client_ends_when_its_queue_is_full),
    TEST(small_workspaces_are_errors),
    TEST(message_above_the_buffer_is_an_encode_error),
    TEST(client_is_stopped_in_callbacks),
    TEST(client_is_restarted_in_a_callback),
    TEST(client_that_restarts_for_ever_lets_others_run),
    TEST(epoll_ctl_of_the_program),
    TEST(server_reads_any_pieces),
    TEST(server_answers_before_it_closes),
    TEST(server_answers_a_full_buffer_before_it_closes),
    TEST(messages_of_a_callback_arrive_in_order),
#if MESSI_CONFIG_MALLOC
    TEST(many_messages_of_a_callback_arrive_in_order),
    TEST(first_message_of_a_callback_is_written_at_once),
    TEST(delayed_messages_reach_all_clients),
    TEST(messages_of_a_callback_that_stops_the_server_are_sent),
    TEST(messages_of_a_callback_that_disconnects_are_sent),
    TEST(messages_before_a_bad_frame_are_answered),
    TEST(messages_of_a_callback_of_a_client_arrive_in_order),
    TEST(messages_of_a_callback_that_stops_the_client_are_sent),
#endif
    TEST(server_disconnects_faulty_clients),
    TEST(server_refuses_clients_above_the_maximum),
    TEST(ids_of_clients_are_not_used_again),
    TEST(send_reply_and_broadcast),
    TEST(message_above_the_buffer_is_not_sent),
    TEST(disconnect_in_and_outside_of_a_callback),
    TEST(server_is_stopped_in_a_callback_and_started_again),
    TEST(start_reports_a_port_in_use),
#if MESSI_CONFIG_MALLOC
    TEST(server_queues_while_a_client_does_not_read),
#endif
    TEST(slow_client_is_disconnected_alone),
    TEST(buffers_of_the_program_replace_the_heap),
    TEST(busy_client_does_not_delay_the_pongs_of_others),
    TEST(busy_client_with_a_large_buffer_does_not_either),
    TEST(many_clients_connect_at_once),
    TEST(server_survives_a_lack_of_file_descriptors),
    TEST(hostile_clients_do_no_harm),
    TEST(unknown_file_descriptors_are_ignored)
};

static void set_up(void)
{
    epoll_fd = epoll_create1(0);
    ASSERT(epoll_fd != -1);
    is_client_started = false;
    is_server_started = false;
    connects = disconnects = responses = messages = 0;
    server_connects = server_disconnects = requests = server_messages = 0;
    in_connected = NULL;
    in_disconnected = NULL;
    in_request = NULL;
    server_in_size = BUFFER_SIZE;
    /* Both can be processed before a test starts them. */
    ASSERT(init_client("tcp://127.0.0.1:1") == 0);
    ASSERT(init_server_with("tcp://127.0.0.1:0", CLIENTS_MAX) == 0);
}

static void tear_down(void)
{
    struct epoll_event event;

    if (is_client_started) {
        chat_client_stop(&client);
    }

    if (is_server_started) {
        chat_server_stop(&server);
    }

    /* Nothing is left in the event loop. */
    ASSERT(epoll_wait(epoll_fd, &event, 1, 0) == 0);
    close(epoll_fd);
}

int main(int argc, char *argv[])
{
    size_t i;
    int count;

    count = 0;

    for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        test_name_p = tests[i].name_p;

        if ((argc > 1) && (strcmp(argv[1], test_name_p) != 0)) {
            continue;
        }

        set_up();
        tests[i].run();
        tear_down();
        count++;
    }

    printf("%d tests: ok\n", count);

    return (count > 0 ? 0 : 1);
}
