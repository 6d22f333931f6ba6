#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <string>
#include <vector>

// What a program may do: limits, capabilities, user, system calls.

void set_rlimit(const std::string& name, const std::string& soft, const std::string& hard);

// Drops everything but `bounding` from the bounding set, and empties the ambient and inheritable sets.
void limit_bounding(uint64_t bounding);
// Permitted and effective become `effective`; call it after the user was set.
void set_capabilities(uint64_t effective);

// Effective becomes what is permitted.
void use_permitted();

void set_user(uid_t uid, gid_t gid, const std::vector<gid_t>& groups);

std::vector<sock_filter> read_filter(const std::string& path);
void load_filter(const std::vector<sock_filter>& filter);
