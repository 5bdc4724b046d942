/* Reads a number that is not aligned. */

#include <stdint.h>

static volatile uint8_t bytes[8];
static volatile uintptr_t offset = 1;

int main(void)
{
    return *(volatile uint32_t *)((uintptr_t)bytes + offset) == 0 ? 0 : 1;
}
