"""The command line: parses, calls one service or report, prints."""
