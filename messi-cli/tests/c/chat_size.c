/* The smallest program of a client of chat: it encodes one message and decodes one. */

#include "chat.h"

uint8_t data[128];
volatile int result;

int main(void)
{
    static uint8_t workspace[128];
    struct chat_client_to_server_t *output_p;
    struct chat_server_to_client_t *input_p;
    struct messi_arena_t arena = { workspace, workspace + sizeof(workspace) };

    output_p = messi_codec_new(&chat_client_to_server_type, &arena);

    if (output_p == NULL || chat_client_to_server_messages_message_ind_alloc(output_p) != 0) {
        return 1;
    }

    output_p->messages.value.message_ind_p->user_p = "Erik";
    output_p->messages.value.message_ind_p->text_p = "Hello.";
    result = messi_codec_encode(&chat_client_to_server_type, output_p, data, sizeof(data));
    arena.pos_p = workspace;
    arena.end_p = workspace + sizeof(workspace);
    input_p = messi_codec_new(&chat_server_to_client_type, &arena);

    if (input_p == NULL) {
        return 1;
    }

    result = messi_codec_decode(&chat_server_to_client_type, input_p, &arena, data, sizeof(data));

    return 0;
}
