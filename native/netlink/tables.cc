#include "tables.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>

#include "attributes.h"
#include "socket.h"

namespace netlink {

namespace {

constexpr std::uint16_t of_tables(int kind) { return static_cast<std::uint16_t>((NFNL_SUBSYS_NFTABLES << 8) | kind); }

constexpr nfgenmsg family(std::uint8_t number) { return {.nfgen_family = number, .version = 0, .res_id = 0}; }

}  // namespace

std::uint32_t tables_generation(Socket& socket) {
  std::uint32_t generation = 0;
  Message message(of_tables(NFT_MSG_GETGEN), NLM_F_REQUEST, family(AF_UNSPEC));
  socket.ask(std::move(message), "ask for the generation of", "nftables", [&](const nlmsghdr& answer) {
    generation = ntohl(Attributes::after(answer, sizeof(nfgenmsg)).value<std::uint32_t>(NFTA_GEN_ID, 0));
  });
  return generation;
}

std::uint32_t count_rules(Socket& socket, const std::string& table) {
  std::uint32_t count = 0;
  Message message(of_tables(NFT_MSG_GETRULE), kDump, family(NFPROTO_INET));
  message.text(NFTA_RULE_TABLE, table);
  socket.dump(std::move(message), "list rules", [&](const nlmsghdr& answer) {
    if (answer.nlmsg_type == of_tables(NFT_MSG_NEWRULE)) ++count;
  });
  return count;
}

}  // namespace netlink
