{# The buffers and callbacks of a client, as parameters. #}
    uint8_t *encoded_in_buf_p,
    size_t encoded_in_size,
    uint8_t *workspace_in_buf_p,
    size_t workspace_in_size,
    uint8_t *encoded_out_buf_p,
    size_t encoded_out_size,
    uint8_t *workspace_out_buf_p,
    size_t workspace_out_size,
    {{ name }}_client_on_connected_t on_connected,
    {{ name }}_client_on_disconnected_t on_disconnected,
{% for member in server_to_client.members %}
    {{ name }}_client_on_{{ member.name }}_t on_{{ member.name }},
{% endfor %}
