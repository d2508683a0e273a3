"""`chrysopedia prompt`: from an idea to a promoted prompt. One file for each command or pair of commands, each thin."""
