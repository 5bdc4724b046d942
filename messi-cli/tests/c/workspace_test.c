/*
 * How much workspace messages need. Programs that were written for the original have chosen theirs for
 * pbtools 0.33 or 0.39. On 64 bits, decoding a ServerToClient with the MessageInd {"Erik", "Hello."} takes
 * them 68 and 76 bytes, and creating it 56 and 40.
 */

#include "chat.h"
#include "check.h"

/* The figures for 64 and 32 bits. */
#define FOR_POINTERS(of_64_bits, of_32_bits) (sizeof(void *) == 8 ? (of_64_bits) : (of_32_bits))

static uint64_t aligned[32];
static uint8_t *const workspace_p = (uint8_t *)aligned;
static const uint8_t encoded[] = "\x12\x0e\x0a\x04" "Erik" "\x12\x06" "Hello.";
static const size_t encoded_size = sizeof(encoded) - 1;

static bool is_created(size_t size)
{
    return chat_server_to_client_new(workspace_p, size) != NULL;
}

static bool is_decoded(size_t size)
{
    struct chat_server_to_client_t *message_p = chat_server_to_client_new(workspace_p, size);

    return message_p != NULL && chat_server_to_client_decode(message_p, encoded, encoded_size) > 0;
}

/* As clients and servers do, which keep the state of the arena themselves. */
static bool is_decoded_in_arena(size_t size)
{
    struct messi_arena_t arena = { workspace_p, workspace_p + size };
    void *message_p = messi_codec_new(&chat_server_to_client_type, &arena);

    return message_p != NULL
           && messi_codec_decode(&chat_server_to_client_type, message_p, &arena, encoded, encoded_size) > 0;
}

static bool is_prepared_in_arena(size_t size)
{
    struct messi_arena_t arena = { workspace_p, workspace_p + size };
    struct chat_client_to_server_t *message_p = messi_codec_new(&chat_client_to_server_type, &arena);

    return message_p != NULL && chat_client_to_server_messages_message_ind_alloc(message_p) == 0;
}

static size_t least(bool (*is_enough)(size_t size))
{
    size_t size = 0;

    while (size < sizeof(aligned) && !is_enough(size)) {
        size++;
    }

    return size;
}

int main(void)
{
    CHECK_INT(least(is_created), FOR_POINTERS(40, 20));
    CHECK_INT(least(is_decoded), FOR_POINTERS(76, 44));
    CHECK_INT(least(is_decoded_in_arena), FOR_POINTERS(60, 36));
    CHECK_INT(least(is_prepared_in_arena), FOR_POINTERS(48, 24));

    return 0;
}
