{# The typed half of a client. Included by the sources of all platforms, which
   set `core` to the path of the struct messi_core_client_t in the client. -#}
static struct {{ name }}_client_t *client_of(struct messi_core_client_t *core_p)
{
    /* The core is the first member. */
    return (void *)core_p;
}

static void handle_connected(struct messi_core_client_t *core_p)
{
    struct {{ name }}_client_t *self_p;

    self_p = client_of(core_p);

    if (self_p->on_connected != NULL) {
        self_p->on_connected(self_p);
    }
}

static void handle_disconnected(struct messi_core_client_t *core_p,
                                enum messi_disconnect_reason_t disconnect_reason)
{
    struct {{ name }}_client_t *self_p;

    self_p = client_of(core_p);

    if (self_p->on_disconnected != NULL) {
        self_p->on_disconnected(self_p, disconnect_reason);
    }
}

static void handle_message(struct messi_core_client_t *core_p, void *message_p)
{
    struct {{ name }}_client_t *self_p;
    struct {{ server_to_client.type }}_t *received_p;

    self_p = client_of(core_p);
    received_p = message_p;

    switch (received_p->messages.choice) {

{% for member in server_to_client.members %}
    case {{ member.choice }}:
        if (self_p->on_{{ member.name }} != NULL) {
            self_p->on_{{ member.name }}(self_p, received_p->{{ member.value }});
        }

        break;

{% endfor %}
    default:
        break;
    }
}

static const struct messi_client_type_t client_type = {
    .sent_p = &{{ client_to_server.type }}_type,
    .received_p = &{{ server_to_client.type }}_type,
    .on_connected = handle_connected,
    .on_disconnected = handle_disconnected,
    .on_message = handle_message
};

bool {{ name }}_client_is_connected(const struct {{ name }}_client_t *self_p)
{
    return self_p->{{ core }}.state == messi_client_state_connected_t;
}

void {{ name }}_client_new_output_message(struct {{ name }}_client_t *self_p)
{
    (void)messi_core_client_new_message(&self_p->{{ core }});
}

{% for member in client_to_server.members %}
{{ member.type }}{{ "" if member.type[-1:] == "*" else " " }}*{{ name }}_client_init_{{ member.name }}(
    struct {{ name }}_client_t *self_p)
{
    struct {{ client_to_server.type }}_t *message_p;

    message_p = messi_core_client_new_message(&self_p->{{ core }});

{% if member.kind == "message" %}
    if ((message_p == NULL) || ({{ member.init }}(message_p) != 0)) {
        messi_core_client_drop_message(&self_p->{{ core }});

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
