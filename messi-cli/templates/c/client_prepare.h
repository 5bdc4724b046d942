{# The functions of all platforms. -#}
/**
 * Returns true from on_connected until the connection has ended, which is
 * before on_disconnected.
 */
bool {{ name }}_client_is_connected(const struct {{ name }}_client_t *self_p);

/**
 * Prepares an empty message, which only code that fills in the members itself
 * needs. Sending it as it is has no effect on the server.
 */
void {{ name }}_client_new_output_message(struct {{ name }}_client_t *self_p);

{% for member in client_to_server.members %}
/**
 * Prepares a {{ member.name }} to be sent, and returns it to be filled in.
 * Memory that its members point at must stay valid until it is sent. The message
 * that was prepared before is given up.
 *
 * Returns NULL if the workspace for sent messages is too small.
 */
{{ member.type }}{{ "" if member.type[-1:] == "*" else " " }}*{{ name }}_client_init_{{ member.name }}(
    struct {{ name }}_client_t *self_p);

{% endfor %}
