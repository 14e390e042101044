/* Prints 300,000 bytes before it reads its body, then the body's length: a deadlock for who writes everything first. */
#include <stdio.h>

int main(void) {
    char piece[4096];
    size_t size, total = 0;
    fputs("Content-Type: text/plain\n\n", stdout);
    for (int count = 0; count < 300000; count++)
        putchar('x');
    fflush(stdout);
    while ((size = fread(piece, 1, sizeof piece, stdin)) > 0)
        total += size;
    printf("%zu\n", total);
    return 0;
}
