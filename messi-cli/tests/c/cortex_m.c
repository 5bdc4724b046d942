/*
 * Starts a test program on an emulated Cortex-M3, on which each unaligned access is a fault. A fault ends
 * the emulator with an error.
 */

#include <stdint.h>

#define CCR (*(volatile uint32_t *)0xe000ed14)
#define CCR_UNALIGN_TRP (1u << 3)

extern void _start(void);
extern uint32_t __stack;

static void reset(void)
{
    CCR |= CCR_UNALIGN_TRP;
    _start();
}

/* Ends the emulator by semihosting: SYS_EXIT with ADP_Stopped_InternalError. */
static void fault(void)
{
    register uint32_t operation __asm__("r0") = 0x18;
    register uint32_t reason __asm__("r1") = 0x20024;

    __asm__ volatile("bkpt 0xab" : : "r"(operation), "r"(reason));

    while (1) {
    }
}

__attribute__((section(".vectors"), used)) static void (*const vectors[])(void) = {
    (void (*)(void))&__stack,
    reset,
    fault,
    fault,
    fault,
    fault,
    fault
};
