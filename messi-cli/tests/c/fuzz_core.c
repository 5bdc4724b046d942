/*
 * Fuzzes the generated client and server of chat without I/O: each input is a
 * program of received bytes, times, writes, sends, ends and restarts.
 *
 * With libFuzzer: build with -fsanitize=fuzzer,address,undefined and -DFUZZER.
 * Otherwise: fuzz_core [FIRST_SEED NUMBER_OF_SEEDS], or fuzz_core FILE…
 */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "chat_client.h"
#include "chat_server.h"

#define CLIENTS_MAX 3
#define INPUT_SIZE 40
#define OUTPUT_SIZE 48
#define WORKSPACE_SIZE 200

#define CHECK(condition)                                                \
    do {                                                                \
        if (!(condition)) {                                             \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            abort();                                                    \
        }                                                               \
    } while (0)

/* The frames that one side has written, as its peer reads them. */
struct stream_t {
    uint8_t header[4];
    size_t header_size;
    size_t payload_left;
};

/* The input that is not used yet. */
static const uint8_t *data_p;
static size_t data_size;

static uint32_t now;
static struct chat_client_t client;
static bool is_connected;
static struct stream_t client_stream;
static struct chat_server_t server;
static struct chat_server_client_t *clients_p;
static bool are_connected[CLIENTS_MAX];
static struct stream_t server_streams[CLIENTS_MAX];
static uint32_t last_id;

/* In memory of their own, so that each overflow is noticed. */
static uint8_t *client_input_p;
static uint8_t *client_output_p;
static uint8_t *server_input_p;
static uint8_t *server_output_p;
static uint8_t *server_message_p;
static uint8_t *workspaces_p[4];

static uint8_t next_byte(void)
{
    if (data_size == 0) {
        return 0;
    }

    data_size--;

    return *data_p++;
}

/* --- Actions of callbacks --- */

static void send_from_client(void)
{
    static char text[] = "0123456789012345678901234567890123456789";
    struct chat_message_ind_t *message_p;

    message_p = chat_client_init_message_ind(&client);

    if (message_p != NULL) {
        message_p->text_p = &text[next_byte() % sizeof(text)];
    }

    (void)chat_client_send(&client);
}

static void send_from_server(struct chat_server_client_t *client_p)
{
    static char text[] = "0123456789012345678901234567890123456789";
    struct chat_message_ind_t *message_p;

    message_p = chat_server_init_message_ind(&server);

    if (message_p != NULL) {
        message_p->text_p = &text[next_byte() % sizeof(text)];
    }

    if (client_p != NULL) {
        (void)chat_server_send(&server, client_p);
    } else if (next_byte() % 2 == 0) {
        (void)chat_server_broadcast(&server);
    } else {
        (void)chat_server_reply(&server);
    }
}

static void stop_server(void)
{
    chat_server_stop(&server);
    memset(&are_connected[0], 0, sizeof(are_connected));
}

static void act_on_client(void)
{
    switch (next_byte() % 8) {

    case 0:
        chat_client_stop(&client);
        is_connected = false;
        break;

    case 1:
        chat_client_stop(&client);
        is_connected = false;
        chat_client_start(&client, now);
        break;

    case 2:
    case 3:
        send_from_client();
        break;

    default:
        break;
    }
}

static void act_on_server(struct chat_server_client_t *client_p)
{
    switch (next_byte() % 16) {

    case 0:
        stop_server();
        break;

    case 1:
        chat_server_disconnect(&server, client_p);
        break;

    case 2:
        chat_server_disconnect(&server, NULL);
        break;

    case 3:
        chat_server_disconnect(&server, &clients_p[next_byte() % CLIENTS_MAX]);
        break;

    case 4:
    case 5:
        send_from_server(NULL);
        break;

    case 6:
        send_from_server(&clients_p[next_byte() % CLIENTS_MAX]);
        break;

    default:
        break;
    }
}

/* --- Callbacks --- */

static void on_connected(struct chat_client_t *self_p)
{
    (void)self_p;
    CHECK(!is_connected);
    is_connected = true;
    act_on_client();
}

static void on_disconnected(struct chat_client_t *self_p,
                            enum messi_disconnect_reason_t reason)
{
    (void)self_p;
    CHECK(is_connected);
    is_connected = false;
    CHECK(messi_disconnect_reason_string(reason)[0] != '*');
    act_on_client();
}

static void on_connect_rsp(struct chat_client_t *self_p,
                           struct chat_connect_rsp_t *message_p)
{
    (void)self_p;
    (void)message_p;
    CHECK(is_connected);
    act_on_client();
}

static void on_message_ind(struct chat_client_t *self_p,
                           struct chat_message_ind_t *message_p)
{
    (void)self_p;
    CHECK(is_connected);
    CHECK(strlen(message_p->user_p) + strlen(message_p->text_p) < INPUT_SIZE);
    act_on_client();
}

static void on_client_connected(struct chat_server_t *self_p,
                                struct chat_server_client_t *client_p)
{
    (void)self_p;
    CHECK(!are_connected[client_p - clients_p]);
    CHECK(chat_server_client_id(client_p) > last_id);
    last_id = chat_server_client_id(client_p);
    are_connected[client_p - clients_p] = true;
    memset(&server_streams[client_p - clients_p], 0, sizeof(server_streams[0]));
    act_on_server(client_p);
}

static void on_client_disconnected(struct chat_server_t *self_p,
                                   struct chat_server_client_t *client_p)
{
    (void)self_p;
    CHECK(are_connected[client_p - clients_p]);
    are_connected[client_p - clients_p] = false;
    act_on_server(client_p);
}

static void on_connect_req(struct chat_server_t *self_p,
                           struct chat_server_client_t *client_p,
                           struct chat_connect_req_t *message_p)
{
    (void)self_p;
    CHECK(are_connected[client_p - clients_p]);
    CHECK(strlen(message_p->user_p) < INPUT_SIZE);
    act_on_server(client_p);
}

static void on_server_message_ind(struct chat_server_t *self_p,
                                  struct chat_server_client_t *client_p,
                                  struct chat_message_ind_t *message_p)
{
    (void)self_p;
    CHECK(are_connected[client_p - clients_p]);
    CHECK(strlen(message_p->user_p) + strlen(message_p->text_p) < INPUT_SIZE);
    act_on_server(client_p);
}

/* --- The host --- */

/* Checks that written bytes are frames. */
static void read_stream(struct stream_t *self_p,
                        const uint8_t *buf_p,
                        size_t size,
                        uint8_t user_type,
                        uint8_t keep_alive_type)
{
    for (; size > 0; size--, buf_p++) {
        if (self_p->payload_left > 0) {
            self_p->payload_left--;
            continue;
        }

        self_p->header[self_p->header_size] = *buf_p;
        self_p->header_size++;

        if (self_p->header_size == 4) {
            self_p->header_size = 0;
            self_p->payload_left = messi_frame_payload_size(&self_p->header[0]);
            CHECK((self_p->header[0] == user_type)
                  || ((self_p->header[0] == keep_alive_type)
                      && (self_p->payload_left == 0)));
            CHECK(self_p->payload_left <= OUTPUT_SIZE - 4);
        }
    }
}

static void settle_client(void)
{
    enum messi_action_t action;
    int i;

    for (i = 0; i < 100; i++) {
        action = chat_client_poll(&client, now);

        if (action == messi_action_wait_t) {
            CHECK(chat_client_timeout(&client, now) > 0);
            return;
        }

        if (action == messi_action_close_t) {
            CHECK(!is_connected);
        } else {
            memset(&client_stream, 0, sizeof(client_stream));
        }
    }
}

static void settle_server(void)
{
    struct chat_server_client_t *client_p;
    int i;

    for (i = 0; i < 100; i++) {
        client_p = chat_server_poll(&server, now);

        if (client_p == NULL) {
            CHECK(chat_server_timeout(&server, now) > 0);
            return;
        }

        CHECK(!are_connected[client_p - clients_p]);
    }

    CHECK(false);
}

static void receive_at_client(void)
{
    uint8_t *buf_p;
    size_t size;
    size_t count;
    size_t i;

    buf_p = chat_client_receive_buffer(&client, &size);
    count = next_byte() % (size + 1);

    for (i = 0; i < count; i++) {
        buf_p[i] = next_byte();
    }

    chat_client_received(&client, count, now);
}

/* Received bytes are frames more often than not. */
static size_t make_frame(uint8_t *buf_p, uint8_t type, size_t size)
{
    static const uint8_t payload[] = { 0x12, 0x06, 0x0a, 0x01, 'a', 0x12, 0x01, 'b' };
    size_t payload_size;

    payload_size = next_byte() % (sizeof(payload) + 1);

    if (payload_size + 4 > size) {
        return 0;
    }

    messi_frame_header(buf_p, type, (uint32_t)payload_size);
    memcpy(buf_p + 4, &payload[0], payload_size);

    return payload_size + 4;
}

static void write_from_client(void)
{
    const uint8_t *buf_p;
    size_t size;

    buf_p = chat_client_output(&client, &size);
    size = next_byte() % (size + 1);
    read_stream(&client_stream, buf_p, size, 1, 3);
    chat_client_written(&client, size);
}

static void write_from_server(int i)
{
    const uint8_t *buf_p;
    size_t size;

    buf_p = chat_server_output(&clients_p[i], &size);
    size = next_byte() % (size + 1);
    read_stream(&server_streams[i], buf_p, size, 2, 4);
    chat_server_written(&clients_p[i], size);
}

static void step_client(void)
{
    uint8_t frame[16];
    size_t size;

    switch (next_byte() % 10) {

    case 0:
        chat_client_start(&client, now);
        break;

    case 1:
        chat_client_connected(&client, now);
        break;

    case 2:
        chat_client_disconnected(&client, now);
        break;

    case 3:
        act_on_client();
        break;

    case 4:
        receive_at_client();
        break;

    case 5:
    case 6:
        size = make_frame(&frame[0], next_byte() % 5, sizeof(frame));
        chat_client_input(&client, &frame[0], size, now);
        break;

    case 7:
        send_from_client();
        break;

    default:
        write_from_client();
        break;
    }
}


static void step_server(void)
{
    uint8_t frame[16];
    uint8_t *buf_p;
    size_t size;
    int i;

    i = next_byte() % CLIENTS_MAX;

    switch (next_byte() % 10) {

    case 0:
    case 1:
        (void)chat_server_accept(&server, now);
        break;

    case 2:
        chat_server_disconnected(&server, &clients_p[i]);
        break;

    case 3:
        act_on_server(&clients_p[i]);
        break;

    case 4:
        /* Only places of clients have received bytes. */
        if (are_connected[i]) {
            buf_p = chat_server_receive_buffer(&clients_p[i], &size);
            size = next_byte() % (size + 1);
            memset(buf_p, next_byte(), size);
            chat_server_received(&server, &clients_p[i], size, now);
        }

        break;

    case 5:
    case 6:
        size = make_frame(&frame[0], (next_byte() % 8 == 0) ? 2 : 1 + 2 * (next_byte() % 2), sizeof(frame));
        chat_server_input(&server, &clients_p[i], &frame[0], size, now);
        break;

    case 7:
        send_from_server(&clients_p[i]);
        break;

    default:
        write_from_server(i);
        break;
    }
}

static void *resize(void *memory_p, size_t size)
{
    if (size == 0) {
        free(memory_p);

        return NULL;
    }

    /* No memory now and then. */
    if (next_byte() % 8 == 0) {
        return NULL;
    }

    return realloc(memory_p, size);
}

/* Writes a part of a frame without queueing it, and fails now and then. */
static size_t write_frame(struct messi_core_server_t *self_p,
                          struct messi_core_server_client_t *client_p,
                          const uint8_t *frame_p,
                          size_t size)
{
    struct stream_t *stream_p;

    if (next_byte() % 8 == 0) {
        messi_core_server_end(self_p,
                              client_p,
                              messi_disconnect_reason_general_error_t);

        return 0;
    }

    if (!messi_output_is_empty(&client_p->connection.output)) {
        return 0;
    }

    stream_p = &server_streams[(struct chat_server_client_t *)(void *)client_p
                               - clients_p];
    size = next_byte() % (size + 1);
    read_stream(stream_p, frame_p, size, 2, 4);

    return size;
}

/* The extensions that hosts with a heap and with sockets use. */
static void set_up_extensions(void)
{
    int i;

    if (next_byte() % 2 == 0) {
        server.core.write = write_frame;
    }

    if (next_byte() % 2 == 0) {
        return;
    }

    messi_output_set_heap(&client.core.connection.output, resize, 300);

    for (i = 0; i < CLIENTS_MAX; i++) {
        messi_output_set_heap(&clients_p[i].core.connection.output, resize, 300);
    }
}

static void set_up(void)
{
    int i;

    client_input_p = malloc(INPUT_SIZE);
    client_output_p = malloc(OUTPUT_SIZE);
    server_input_p = malloc(CLIENTS_MAX * INPUT_SIZE);
    server_output_p = malloc(CLIENTS_MAX * OUTPUT_SIZE);
    server_message_p = malloc(OUTPUT_SIZE);
    clients_p = malloc(CLIENTS_MAX * sizeof(*clients_p));

    for (i = 0; i < 4; i++) {
        workspaces_p[i] = malloc(WORKSPACE_SIZE);
    }

    CHECK(chat_client_init(&client,
                           client_input_p,
                           INPUT_SIZE,
                           workspaces_p[0],
                           WORKSPACE_SIZE,
                           client_output_p,
                           OUTPUT_SIZE,
                           workspaces_p[1],
                           /* Too small now and then. */
                           next_byte() % WORKSPACE_SIZE,
                           on_connected,
                           on_disconnected,
                           on_connect_rsp,
                           on_message_ind,
                           next_byte()) == 0);
    CHECK(chat_server_init(&server,
                           clients_p,
                           CLIENTS_MAX,
                           server_input_p,
                           INPUT_SIZE,
                           server_output_p,
                           OUTPUT_SIZE,
                           server_message_p,
                           OUTPUT_SIZE,
                           workspaces_p[2],
                           WORKSPACE_SIZE,
                           workspaces_p[3],
                           WORKSPACE_SIZE,
                           on_client_connected,
                           on_client_disconnected,
                           on_connect_req,
                           on_server_message_ind) == 0);
    set_up_extensions();
    is_connected = false;
    memset(&are_connected[0], 0, sizeof(are_connected));
    last_id = 0;
}

static void tear_down(void)
{
    int i;

    /* Frees the queues. */
    chat_client_stop(&client);
    chat_server_stop(&server);

    for (i = 0; i < 4; i++) {
        free(workspaces_p[i]);
    }

    free(clients_p);
    free(server_message_p);
    free(server_output_p);
    free(server_input_p);
    free(client_output_p);
    free(client_input_p);
}

int LLVMFuzzerTestOneInput(const uint8_t *input_p, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *input_p, size_t size)
{
    data_p = input_p;
    data_size = size;
    /* Wraps around now and then. */
    now = 0u - 256u * next_byte();
    set_up();

    while (data_size > 0) {
        switch (next_byte() % 5) {

        case 0:
            now += 16u * next_byte();
            break;

        case 1:
        case 2:
            step_client();
            break;

        default:
            step_server();
            break;
        }

        settle_client();
        settle_server();
    }

    tear_down();

    return 0;
}

#ifndef FUZZER

static uint32_t random_state;

static uint8_t random_byte(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;

    return (uint8_t)(random_state >> 11);
}

static void run_seed(uint32_t seed)
{
    static uint8_t input[4096];
    size_t size;
    size_t i;

    random_state = seed * 2654435761u + 1;
    size = 1 + 16 * (size_t)random_byte();

    for (i = 0; i < size; i++) {
        input[i] = random_byte();
    }

    LLVMFuzzerTestOneInput(&input[0], size);
}

static int run_file(const char *path_p)
{
    static uint8_t input[1 << 20];
    FILE *file_p;
    size_t size;

    file_p = fopen(path_p, "rb");

    if (file_p == NULL) {
        perror(path_p);

        return 1;
    }

    size = fread(&input[0], 1, sizeof(input), file_p);
    fclose(file_p);
    LLVMFuzzerTestOneInput(&input[0], size);

    return 0;
}

int main(int argc, char *argv[])
{
    unsigned long first;
    unsigned long count;
    unsigned long i;
    char *end_p;
    int j;

    first = 1;
    count = 20000;

    if (argc > 1) {
        first = strtoul(argv[1], &end_p, 10);

        if (*end_p != '\0') {
            for (j = 1; j < argc; j++) {
                if (run_file(argv[j]) != 0) {
                    return 1;
                }
            }

            return 0;
        }
    }

    if (argc > 2) {
        count = strtoul(argv[2], NULL, 10);
    }

    for (i = first; i < first + count; i++) {
        run_seed((uint32_t)i);
    }

    printf("%lu inputs from seed %lu: ok\n", count, first);

    return 0;
}

#endif
