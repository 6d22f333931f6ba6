// A program that stays: the least that a container can hold.
#include <unistd.h>
int main(void) {
  for (;;) pause();
}
