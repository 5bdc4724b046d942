{# The buffers and callbacks of a server that all platforms have, as parameters. #}
    uint8_t *message_buf_p,
    size_t message_size,
    uint8_t *workspace_in_buf_p,
    size_t workspace_in_size,
    uint8_t *workspace_out_buf_p,
    size_t workspace_out_size,
    {{ name }}_server_on_client_connected_t on_client_connected,
    {{ name }}_server_on_client_disconnected_t on_client_disconnected,
