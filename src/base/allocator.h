#pragma once

namespace trivet {

// For processes that serve for long, called before they start threads: the system's allocator keeps
// little of what is freed. Other than asked, glibc makes eight arenas a core, each of which keeps
// up to some tens of megabytes of the messages that passed through its threads, so that a stream
// through many threads grows the process by a multiple of what is ever in flight. Does nothing for
// other allocators. A process that embeds the engine decides for itself.
void KeepLittleFreedMemory();

}  // namespace trivet
