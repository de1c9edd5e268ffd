"""How a text is sent and seen: handsets, chats, lanes, and the app profiles that describe them."""
