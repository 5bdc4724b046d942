/* Shows whether a compiler has the headers and libraries of its options. */

#include <stdlib.h>
#include <string.h>

int main(void)
{
    return 0;
}
