// A mount namespace that has nothing in it but the files which hold network namespaces. Whoever makes a mount namespace
// gets a copy of every mount of its own: were these in the host's, each container would copy those of all others.
#pragma once

#include <string>

#include "../base/fd.h"

// Makes it, held by `file`, or finds it; its directory, through which others reach the files in it by path.
Fd open_pins(const std::string& file);

// What is pinned in it is let go of, too. A missing one is fine.
void close_pins(const std::string& file);

// None where the name is empty.
Fd open_namespace(const std::string& file);

// The calling thread, which has to be one of its own, goes there, to its root. Nothing where there is none.
void enter(const Fd& mount_namespace);
