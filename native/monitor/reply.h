#pragma once

// Descriptor on which the monitor answers its starter, once; before that the one on which copies are asked for.
constexpr int kReply = 3;
