/* Writes 300,000 bytes to its error output before it reads its body. */
#include <stdio.h>

int main(void) {
    char piece[4096];
    size_t size, total = 0;
    for (int count = 0; count < 300000; count++)
        putc('e', stderr);
    while ((size = fread(piece, 1, sizeof piece, stdin)) > 0)
        total += size;
    printf("Content-Type: text/plain\n\n%zu\n", total);
    return 0;
}
