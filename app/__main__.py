"""`python -m app`: the same as the console script gf-images."""

from app.cli import main

main()
