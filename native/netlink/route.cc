#include "route.h"

#include "address.h"
#include "attributes.h"
#include "socket.h"

namespace netlink {

Message route_message(int link, const std::string& destination, const std::string& gateway) {
  const Prefix to = parse_prefix(destination);
  const Prefix via = parse_prefix(gateway);
  Message message(RTM_NEWROUTE, kCreate,
                  rtmsg{.rtm_family = to.family,
                        .rtm_dst_len = to.length,
                        .rtm_src_len = 0,
                        .rtm_tos = 0,
                        .rtm_table = RT_TABLE_MAIN,
                        .rtm_protocol = RTPROT_STATIC,
                        .rtm_scope = RT_SCOPE_UNIVERSE,
                        .rtm_type = RTN_UNICAST,
                        .rtm_flags = 0});
  if (to.length > 0) message.bytes(RTA_DST, to.bytes.data(), to.size);
  message.bytes(RTA_GATEWAY, via.bytes.data(), via.size).value(RTA_OIF, link);
  return message;
}

std::vector<RouteFacts> list_routes(Socket& socket) {
  std::vector<RouteFacts> found;
  socket.dump(Message(RTM_GETROUTE, kDump, rtmsg{}), "list routes", [&](const nlmsghdr& answer) {
    if (answer.nlmsg_type != RTM_NEWROUTE) return;
    const auto& fixed = *static_cast<const rtmsg*>(NLMSG_DATA(&answer));
    const Attributes attributes = Attributes::after(answer, sizeof fixed);
    if (attributes.value<std::uint32_t>(RTA_TABLE, fixed.rtm_table) != RT_TABLE_MAIN) return;
    if (fixed.rtm_type != RTN_UNICAST || (fixed.rtm_family != AF_INET && fixed.rtm_family != AF_INET6)) return;
    const char* any = fixed.rtm_family == AF_INET ? "0.0.0.0" : "::";
    const std::string to = format_address(fixed.rtm_family, attributes.bytes(RTA_DST));
    found.push_back({.destination = (to.empty() ? any : to) + "/" + std::to_string(fixed.rtm_dst_len),
                     .gateway = format_address(fixed.rtm_family, attributes.bytes(RTA_GATEWAY)),
                     .link = attributes.value<int>(RTA_OIF, 0)});
  });
  return found;
}

}  // namespace netlink
