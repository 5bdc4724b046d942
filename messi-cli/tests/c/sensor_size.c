/* The smallest program of a client of sensor: it encodes one message and decodes one. */

#include "sensor.h"

uint8_t data[512];
volatile int result;

int main(void)
{
    static uint8_t workspace[512];
    struct sensor_client_to_server_t *output_p;
    struct sensor_server_to_client_t *input_p;
    struct messi_arena_t arena = { workspace, workspace + sizeof(workspace) };

    output_p = messi_codec_new(&sensor_client_to_server_type, &arena);

    if (output_p == NULL || sensor_client_to_server_messages_report_alloc(output_p) != 0) {
        return 1;
    }

    output_p->messages.value.report_p->n_p = "Erik";
    output_p->messages.value.report_p->c = 5;
    result = messi_codec_encode(&sensor_client_to_server_type, output_p, data, sizeof(data));
    arena.pos_p = workspace;
    arena.end_p = workspace + sizeof(workspace);
    input_p = messi_codec_new(&sensor_server_to_client_type, &arena);

    if (input_p == NULL) {
        return 1;
    }

    result = messi_codec_decode(&sensor_server_to_client_type, input_p, &arena, data, sizeof(data));

    return 0;
}
