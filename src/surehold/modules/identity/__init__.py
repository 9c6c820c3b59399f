"""Who is who: accounts, sessions, addresses, machine keys, and the brakes on guessing."""
