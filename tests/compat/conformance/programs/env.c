/* Prints its whole environment, each variable ended by a NUL. */
#include <stdio.h>

extern char **environ;

int main(void) {
    fputs("Content-Type: application/octet-stream\n\n", stdout);
    for (char **each = environ; *each; each++) {
        fputs(*each, stdout);
        putchar(0);
    }
    return 0;
}
