"""The recipes that the command line and the web call, one file each."""
