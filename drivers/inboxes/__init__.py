"""Where arrivals are read over HTTP, beside a second handset: Matrix, Telegram, Signal, JSON."""
