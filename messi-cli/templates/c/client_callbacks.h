{# The types of a client's callbacks. Included by the headers of all platforms. -#}
struct {{ name }}_client_t;

/**
 * Called when the client is connected to the server.
 */
typedef void (*{{ name }}_client_on_connected_t)(
    struct {{ name }}_client_t *self_p);

/**
 * Called once for each on_connected, when the connection has ended. The client
 * reconnects by itself. Messages that were sent shortly before may be lost.
 */
typedef void (*{{ name }}_client_on_disconnected_t)(
    struct {{ name }}_client_t *self_p,
    enum messi_disconnect_reason_t disconnect_reason);

{% for member in server_to_client.members %}
/**
 * Called when a {{ member.name }} is received. It is valid until this call
 * returns.
 */
typedef void (*{{ name }}_client_on_{{ member.name }}_t)(
    struct {{ name }}_client_t *self_p,
{% if member.kind == "message" %}
    {{ member.type }} *message_p);
{% else %}
    {{ member.type }}{{ "" if member.type[-1:] == "*" else " " }}value);
{% endif %}

{% endfor %}
