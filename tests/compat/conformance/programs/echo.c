/* Answers with the length it was told, the method, and the body it read. */
#include <stdio.h>
#include <stdlib.h>

int main(void) {
    char piece[4096];
    const char *length = getenv("CONTENT_LENGTH");
    size_t size;
    printf("Content-Type: text/plain\nX-Length: %s\nX-Method: %s\n\n", length ? length : "unset", getenv("REQUEST_METHOD"));
    while ((size = fread(piece, 1, sizeof piece, stdin)) > 0)
        fwrite(piece, 1, size, stdout);
    return 0;
}
