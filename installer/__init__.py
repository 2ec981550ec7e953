"""Makes the setup program for Windows, on Linux; README.md beside this file says how and what is proven."""
