// Network namespaces that a file holds, so that they outlive every process.
#pragma once

#include <string>
#include <vector>

#include "../base/fd.h"
#include "../netlink/link.h"

// With `lo` up. EEXIST where the file is there already. Where `pins` names a mount namespace the path is one in it.
// A link that fails leaves the namespace, with those before it.
void create_netns(const std::string& path, const std::string& pins, const std::vector<netlink::Veth>& links);
// The one that the file `held` holds, by another file, too. Both then do.
void pin_netns(const std::string& held, const std::string& path, const std::string& pins);
// Missing ones are fine. One that fails keeps no other; the error names all that did.
void delete_netns(const std::vector<std::string>& paths, const std::string& pins);
Fd open_netns(const std::string& path);
