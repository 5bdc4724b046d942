/*
 * A small interface to the generated server and clients, for src/shim.rs.
 * Callbacks receive the messages and return actions. The actions are performed
 * here, so that responses are sent like in a C program.
 */

#ifndef SHIM_H
#define SHIM_H

#include <stddef.h>

enum shim_action_t {
    shim_action_nothing_t = 0,
    shim_action_reply_t,
    shim_action_broadcast_t
};

/* Called for a message of the client with this number. Returns the action. */
typedef enum shim_action_t (*shim_on_request_t)(void *context_p,
                                                size_t client,
                                                const char *user_p,
                                                const char *text_p);

/**
 * Serves until the process ends. Returns only if the server can't be started.
 */
void shim_serve(const char *uri_p,
                size_t clients_max,
                size_t message_size,
                shim_on_request_t on_request,
                void (*listening)(void *context_p),
                void *context_p);

struct shim_client_t;

/* The callbacks of a client. */
struct shim_callbacks_t {
    void (*on_connected)(void *context_p, struct shim_client_t *client_p);
    void (*on_connect_rsp)(void *context_p, struct shim_client_t *client_p);
    void (*on_message)(void *context_p,
                       struct shim_client_t *client_p,
                       const char *user_p,
                       const char *text_p);
    void (*on_disconnected)(void *context_p, const char *reason_p);
};

/**
 * Starts a client for each context and runs them until the process ends.
 * Returns only if a client can't be started.
 */
void shim_run_clients(const char *uri_p,
                      void **contexts_pp,
                      size_t length,
                      size_t message_size,
                      const struct shim_callbacks_t *callbacks_p);

void shim_send_hello(struct shim_client_t *client_p, const char *user_p);

void shim_send(struct shim_client_t *client_p,
               const char *user_p,
               const char *text_p,
               size_t text_length);

#endif
