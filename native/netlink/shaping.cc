#include "shaping.h"

#include <linux/pkt_sched.h>

#include <algorithm>
#include <limits>

#include "link.h"

namespace netlink {

namespace {

constexpr std::uint32_t kHandle = 1u << 16;

}  // namespace

void shape_link(Socket& socket, const std::string& name, const Shape& shape) {
  tcmsg fixed{};
  fixed.tcm_ifindex = index_of(socket, name);
  fixed.tcm_parent = TC_H_ROOT;
  fixed.tcm_handle = kHandle;
  tc_tbf_qopt options{};
  // The kernel reads a larger one from the attribute of 64 bits.
  options.rate.rate = static_cast<std::uint32_t>(
      std::min<std::uint64_t>(shape.rate, std::numeric_limits<std::uint32_t>::max()));
  // Packets count as long as they are: no table of lengths by time is needed.
  options.rate.linklayer = TC_LINKLAYER_ETHERNET;
  options.limit = shape.queue;
  Message message(RTM_NEWQDISC, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, fixed);
  message.text(TCA_KIND, "tbf").nest(TCA_OPTIONS, [&](Message& tbf) {
    tbf.value(TCA_TBF_PARMS, options).value(TCA_TBF_BURST, shape.burst);
    if (shape.rate > std::numeric_limits<std::uint32_t>::max()) tbf.value(TCA_TBF_RATE64, shape.rate);
  });
  socket.change(std::move(message), "limit the rate of", name);
}

}  // namespace netlink
