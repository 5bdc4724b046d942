{# The types of a server's callbacks. Included by the headers of all platforms. -#}
struct {{ name }}_server_t;
struct {{ name }}_server_client_t;

/**
 * Called when a client has connected, before its messages are received.
 */
typedef void (*{{ name }}_server_on_client_connected_t)(
    struct {{ name }}_server_t *self_p,
    struct {{ name }}_server_client_t *client_p);

/**
 * Called once for each on_client_connected, when the connection has ended.
 * Messages that were sent to the client shortly before may be lost.
 */
typedef void (*{{ name }}_server_on_client_disconnected_t)(
    struct {{ name }}_server_t *self_p,
    struct {{ name }}_server_client_t *client_p);

{% for member in client_to_server.members %}
/**
 * Called when a {{ member.name }} is received. It is valid until this call
 * returns.
 */
typedef void (*{{ name }}_server_on_{{ member.name }}_t)(
    struct {{ name }}_server_t *self_p,
    struct {{ name }}_server_client_t *client_p,
{% if member.kind == "message" %}
    {{ member.type }} *message_p);
{% else %}
    {{ member.type }}{{ "" if member.type[-1:] == "*" else " " }}value);
{% endif %}

{% endfor %}
