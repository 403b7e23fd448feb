"""`python -m carebell` is the same as `carebell`."""

from carebell.cli import main

main()
