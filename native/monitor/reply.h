#pragma once

// Descriptor on which the monitor answers its starter, once.
constexpr int kReply = 3;
