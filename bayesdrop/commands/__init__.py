"""The commands of the command line that fit, predict and judge, one idea a file."""
