{# The typed half of a server. Included by the sources of all platforms, which
   set `core` to the path of the core in the server, and of that of a client in
   the client. -#}
static struct {{ name }}_server_t *server_of(struct messi_core_server_t *core_p)
{
    /* The core is the first member. */
    return (void *)core_p;
}

static struct {{ name }}_server_client_t *client_of(
    struct messi_core_server_client_t *core_p)
{
    return (void *)core_p;
}

static void handle_client_connected(struct messi_core_server_t *core_p,
                                    struct messi_core_server_client_t *client_p)
{
    struct {{ name }}_server_t *self_p;

    self_p = server_of(core_p);

    if (self_p->on_client_connected != NULL) {
        self_p->on_client_connected(self_p, client_of(client_p));
    }
}

static void handle_client_disconnected(struct messi_core_server_t *core_p,
                                       struct messi_core_server_client_t *client_p)
{
    struct {{ name }}_server_t *self_p;

    self_p = server_of(core_p);

    if (self_p->on_client_disconnected != NULL) {
        self_p->on_client_disconnected(self_p, client_of(client_p));
    }
}

static void handle_message(struct messi_core_server_t *core_p,
                           struct messi_core_server_client_t *client_p,
                           void *message_p)
{
    struct {{ name }}_server_t *self_p;
    struct {{ client_to_server.type }}_t *received_p;

    self_p = server_of(core_p);
    received_p = message_p;

    switch (received_p->messages.choice) {

{% for member in client_to_server.members %}
    case {{ member.choice }}:
        if (self_p->on_{{ member.name }} != NULL) {
            self_p->on_{{ member.name }}(self_p,
                                         client_of(client_p),
                                         received_p->{{ member.value }});
        }

        break;

{% endfor %}
    default:
        break;
    }
}

static const struct messi_server_type_t server_type = {
    .sent_p = &{{ server_to_client.type }}_type,
    .received_p = &{{ client_to_server.type }}_type,
    .on_client_connected = handle_client_connected,
    .on_client_disconnected = handle_client_disconnected,
    .on_message = handle_message
};

uint32_t {{ name }}_server_client_id(
    const struct {{ name }}_server_client_t *client_p)
{
    return client_p->{{ core }}.id;
}

enum messi_disconnect_reason_t {{ name }}_server_client_disconnect_reason(
    const struct {{ name }}_server_client_t *client_p)
{
    return client_p->{{ core }}.disconnect_reason;
}

{% for member in server_to_client.members %}
{{ member.type }}{{ "" if member.type[-1:] == "*" else " " }}*{{ name }}_server_init_{{ member.name }}(
    struct {{ name }}_server_t *self_p)
{
    struct {{ server_to_client.type }}_t *message_p;

    message_p = messi_core_server_new_message(&self_p->{{ core }});

{% if member.kind == "message" %}
    if ((message_p == NULL) || ({{ member.init }}(message_p) != 0)) {
        messi_core_server_drop_message(&self_p->{{ core }});

        return NULL;
    }

    return message_p->{{ member.value }};
{% else %}
    if (message_p == NULL) {
        return NULL;
    }

    {{ member.init }}(message_p);

    return &message_p->{{ member.value }};
{% endif %}
}

{% endfor %}
