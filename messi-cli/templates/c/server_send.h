{# The functions of all platforms. -#}
/**
 * Returns the number of a client's connection, which no later connection has.
 * As the places of clients are used again, compare it before sending to a
 * client that may have left.
 */
uint32_t {{ name }}_server_client_id(
    const struct {{ name }}_server_client_t *client_p);

/**
 * Returns the reason why the connection of a client has ended, from
 * on_client_disconnected until the place is used again.
 */
enum messi_disconnect_reason_t {{ name }}_server_client_disconnect_reason(
    const struct {{ name }}_server_client_t *client_p);

{% for member in server_to_client.members %}
/**
 * Prepares a {{ member.name }} to be sent, and returns it to be filled in.
 * Memory that its members point at must stay valid until it is sent. The message
 * that was prepared before is given up.
 *
 * Returns NULL if the workspace for sent messages is too small.
 */
{{ member.type }}{{ "" if member.type[-1:] == "*" else " " }}*{{ name }}_server_init_{{ member.name }}(
    struct {{ name }}_server_t *self_p);

{% endfor %}
/**
 * Sends the prepared message to a client. A client whose queue has no room for
 * it is disconnected, so that it never misses a message without notice. The
 * message can be sent again, to other clients.
 *
 * Returns zero, or -1 if the client is not connected, or if the message can't
 * be encoded or is larger than the message buffer. Nothing is sent then.
 */
int {{ name }}_server_send(struct {{ name }}_server_t *self_p,
                           struct {{ name }}_server_client_t *client_p);

/**
 * Sends the prepared message to the client whose message is being handled, as
 * {{ name }}_server_send() does. Returns -1 outside of message callbacks.
 */
int {{ name }}_server_reply(struct {{ name }}_server_t *self_p);

/**
 * Sends the prepared message to all clients, as {{ name }}_server_send() does.
 * It is encoded once.
 *
 * Returns zero, or -1 if the message can't be encoded.
 */
int {{ name }}_server_broadcast(struct {{ name }}_server_t *self_p);

