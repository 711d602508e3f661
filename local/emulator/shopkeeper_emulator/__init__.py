"""Extensions that make LocalEmu run our stacks as AWS would; ``local/README.md`` lists each with its reason."""
