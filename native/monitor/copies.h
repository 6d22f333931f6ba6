#pragma once

// The program is started once, and every monitor is a copy of that process: an exec, with what the C library finds out
// about the processor at each, takes a tenth of a container's start.

// Makes a copy for each request on `socket` (the log's path, with the descriptors that the program comes from and that
// the answer goes to), and ends when nobody is left to ask. Returns in the copies: with the program on descriptor 0, the
// log on 1 and 2, the answer on 3, and no other. `name` is what the process is called by: a copy writes its own there.
void serve_copies(int socket, char* name);
