#include "flow.h"

#include <arpa/inet.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>

#include <string>

#include "socket.h"

namespace netlink {

namespace {

// What a filter looks at: bits that the kernel's headers do not export.
constexpr std::uint32_t kProtocolNumber = 1 << 3;
constexpr std::uint32_t kDestinationPort = 1 << 5;

}  // namespace

void forget_flows(Socket& socket, std::uint8_t protocol, std::uint16_t port) {
  constexpr std::uint16_t kDelete = (NFNL_SUBSYS_CTNETLINK << 8) | IPCTNL_MSG_CT_DELETE;
  // Version 1 makes the kernel look at the family.
  Message message(kDelete, kChange, nfgenmsg{.nfgen_family = AF_INET, .version = 1, .res_id = 0});
  message.nest(CTA_TUPLE_ORIG | NLA_F_NESTED, [&](Message& tuple) {
    tuple.nest(CTA_TUPLE_PROTO | NLA_F_NESTED, [&](Message& transport) {
      transport.value(CTA_PROTO_NUM, protocol).value(CTA_PROTO_DST_PORT, htons(port));
    });
  });
  message.nest(CTA_FILTER | NLA_F_NESTED, [](Message& filter) {
    filter.value(CTA_FILTER_ORIG_FLAGS, kProtocolNumber | kDestinationPort);
  });
  socket.change(std::move(message), "forget flows to port", std::to_string(port));
}

}  // namespace netlink
