/*
 * A fuzzer of the codec: for libFuzzer, or with a main function of its own.
 *
 *     clang -fsanitize=fuzzer,address,undefined -DMESSI_LIBFUZZER codec_fuzz.c kitchen.c … messi_codec*.c
 *     gcc -fsanitize=address,undefined codec_fuzz.c kitchen.c … messi_codec*.c && ./a.out SEED RUNS
 *
 * The first two bytes of the input are the size of the workspace. The others are decoded. A message that is
 * accepted can be encoded, decoded again, and then encodes to the same bytes.
 */

#include "check.h"
#include "kitchen.h"

int LLVMFuzzerTestOneInput(const uint8_t *data_p, size_t size);

#define SIZE_ENCODED 65536
#define SIZE_WORKSPACE (4u << 20)

static void check_round_trip(struct kitchen_everything_t *message_p, uint8_t *workspace_p)
{
    static uint8_t first[SIZE_ENCODED];
    static uint8_t second[SIZE_ENCODED];
    int length = kitchen_everything_encode(message_p, first, sizeof(first));

    if (length == -MESSI_CODEC_ENCODE_BUFFER_FULL) {
        return;
    }

    CHECK(length >= 0);
    message_p = kitchen_everything_new(workspace_p, SIZE_WORKSPACE);
    CHECK(message_p != NULL);
    CHECK_INT(kitchen_everything_decode(message_p, first, (size_t)length), length);
    CHECK_INT(kitchen_everything_encode(message_p, second, sizeof(second)), length);
    CHECK(memcmp(first, second, (size_t)length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data_p, size_t size)
{
    static uint8_t workspace[SIZE_WORKSPACE];
    struct kitchen_everything_t *message_p;
    uint8_t *workspace_p;
    size_t workspace_size;

    if (size < 2) {
        return 0;
    }

    /* Sanitizers see writes outside of memory of exactly this size. */
    workspace_size = (size_t)(data_p[0] | data_p[1] << 8);
    workspace_p = malloc(workspace_size + (workspace_size == 0));
    CHECK(workspace_p != NULL);
    message_p = kitchen_everything_new(workspace_p, workspace_size);

    if (message_p != NULL && kitchen_everything_decode(message_p, data_p + 2, size - 2) >= 0) {
        check_round_trip(message_p, workspace);
    }

    free(workspace_p);

    return 0;
}

#ifndef MESSI_LIBFUZZER

/* xorshift64*, so that a seed means the same everywhere. */
static uint64_t state;

static uint32_t next_random(uint32_t below)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;

    return (uint32_t)((state * 0x2545f4914f6cdd1du) >> 33) % below;
}

/* Appends a varint, most of them small. */
static size_t put_varint(uint8_t *buf_p, uint64_t value)
{
    size_t size = 0;

    for (; value >= 0x80; value >>= 7) {
        buf_p[size++] = (uint8_t)(value | 0x80);
    }

    buf_p[size++] = (uint8_t)value;

    return size;
}

/* Writes fields with numbers and wire types of the schema, inside each other, into 255 bytes at most. */
static size_t put_fields(uint8_t *buf_p, size_t room, int depth)
{
    uint8_t inner[256];
    size_t size = 0;
    size_t inner_size;
    uint32_t wire_type;
    uint32_t i;

    while (size + 24 < room && next_random(6) != 0) {
        wire_type = "\0\0\1\2\2\2\2\2\5\3"[next_random(10)];
        size += put_varint(buf_p + size, (next_random(20) == 0 ? 2000 : 1 + next_random(20)) << 3 | wire_type);

        switch (wire_type) {

        case 0:
            size += put_varint(buf_p + size, next_random(3) == 0 ? ~(uint64_t)next_random(300) : next_random(300));
            break;

        case 2:
            inner_size = room - size - 2;

            if (depth > 0 && next_random(4) != 0) {
                inner_size = put_fields(inner, inner_size, depth - 1);
            } else {
                inner_size = next_random(inner_size < 12 ? (uint32_t)inner_size : 12);

                for (i = 0; i < inner_size; i++) {
                    inner[i] = (uint8_t)next_random(next_random(3) == 0 ? 256 : 128);
                }
            }

            size += put_varint(buf_p + size, inner_size);
            memcpy(buf_p + size, inner, inner_size);
            size += inner_size;
            break;

        case 3:
            buf_p[size++] = 4;
            break;

        default:
            for (i = 0; i < (wire_type == 1 ? 8 : 4); i++) {
                buf_p[size++] = (uint8_t)next_random(256);
            }

            break;
        }
    }

    return size;
}

static size_t make_input(uint8_t *buf_p)
{
    size_t size = put_fields(buf_p + 2, 250, 8) + 2;
    uint32_t changes = next_random(3);

    buf_p[0] = (uint8_t)next_random(256);
    buf_p[1] = (uint8_t)(next_random(2) == 0 ? next_random(8) : 255);

    while (changes-- > 0) {
        buf_p[2 + next_random((uint32_t)size)] = (uint8_t)next_random(256);
    }

    return size;
}

int main(int argc, const char *argv[])
{
    static uint8_t buf[512];
    unsigned long runs;
    uint8_t *input_p;
    size_t size;

    if (argc != 3) {
        fprintf(stderr, "usage: %s SEED RUNS\n", argv[0]);
        return 2;
    }

    state = strtoull(argv[1], NULL, 10) * 2 + 1;

    for (runs = strtoul(argv[2], NULL, 10); runs > 0; runs--) {
        size = make_input(buf);
        input_p = malloc(size);
        CHECK(input_p != NULL);
        memcpy(input_p, buf, size);
        (void)LLVMFuzzerTestOneInput(input_p, size);
        free(input_p);
    }

    return 0;
}

#endif
