"""The vector modules compiled for x86-64-v2 (SSE4.2)."""
