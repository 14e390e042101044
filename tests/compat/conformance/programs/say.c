/* Its output is the request body as it stands: the test writes the answer. */
#include <stdio.h>

int main(void) {
    char piece[4096];
    size_t size;
    while ((size = fread(piece, 1, sizeof piece, stdin)) > 0)
        fwrite(piece, 1, size, stdout);
    return 0;
}
