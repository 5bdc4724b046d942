/*
 * Decodes messages and encodes them again, on request.
 *
 * A request is the size of an encoded kitchen.Everything, four bytes, big endian, and the message. The
 * reply is a result, four bytes, big endian, and, if the result is not negative, as many bytes: the
 * message encoded again. A negative result is the error of the decoder.
 */

#include <stdio.h>
#include <stdlib.h>

#include "kitchen.h"

#define SIZE_MAX_MESSAGE (1 << 20)
#define SIZE_WORKSPACE (16 << 20)

static void write_result(int result)
{
    uint32_t value = (uint32_t)result;
    int shift;

    for (shift = 24; shift >= 0; shift -= 8) {
        putchar((int)(value >> shift & 0xff));
    }
}

static int read_size(uint32_t *size_p)
{
    uint8_t header[4];

    if (fread(header, 1, sizeof(header), stdin) != sizeof(header)) {
        return -1;
    }

    *size_p = (uint32_t)header[0] << 24 | (uint32_t)header[1] << 16 | (uint32_t)header[2] << 8 | header[3];

    return 0;
}

/* Sanitizers only see reads behind the end of memory that is as large as the data. */
static uint8_t *read_data(uint32_t size)
{
    uint8_t *data_p = malloc(size + (size == 0));

    if (data_p == NULL || fread(data_p, 1, size, stdin) != size) {
        exit(2);
    }

    return data_p;
}

int main(void)
{
    uint8_t *workspace_p = malloc(SIZE_WORKSPACE);
    uint8_t *encoded_p = malloc(SIZE_MAX_MESSAGE);
    struct kitchen_everything_t *message_p;
    uint8_t *data_p;
    uint32_t size;
    int result;

    while (read_size(&size) == 0) {
        message_p = kitchen_everything_new(workspace_p, SIZE_WORKSPACE);
        data_p = read_data(size);

        if (message_p == NULL || encoded_p == NULL) {
            return 2;
        }

        result = kitchen_everything_decode(message_p, data_p, size);
        free(data_p);

        if (result >= 0) {
            result = kitchen_everything_encode(message_p, encoded_p, SIZE_MAX_MESSAGE);

            if (result < 0) {
                return 3;
            }
        }

        write_result(result);

        if (result > 0) {
            fwrite(encoded_p, 1, (size_t)result, stdout);
        }

        fflush(stdout);
    }

    free(workspace_p);
    free(encoded_p);

    return 0;
}
