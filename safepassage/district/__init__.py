"""From raw roads and places to a district: simplify, connect, allocate people."""
