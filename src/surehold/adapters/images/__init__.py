"""Pictures made of what was sent: decoded, brought upright and to sRGB, and written anew in several widths."""
