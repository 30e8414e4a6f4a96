# For people who have only git and make: it brings Deno and ffmpeg, then hands over to the tasks of deno.json.

.PHONY: help demo watch test ok setup setup-tests

help:
	@echo "make demo   bring what is missing, then run the demo: http://localhost:5000"
	@echo "CAMERA='rtsp://user:password@camera/live' make watch"
	@echo "            the same on a camera of yours: its picture, and what moves in it"
	@echo "make test   bring what the tests need as well, then run the whole suite"
	@echo "make ok     the one gate: formatting, lint, types, tests"
	@echo "With Deno and ffmpeg at hand, 'deno task' lists everything else."

setup:
	@sh tools/setup.sh

setup-tests: setup
	@sh tools/setup_tests.sh

# exec: Ctrl-C then reaches the program itself, and its exit code is make's.
demo: setup
	@exec sh tools/with_deno.sh deno task --quiet demo

# As an environment variable, so that no shell takes a password apart. Before "make" rather than behind it,
# where make would take $ and what follows for a variable of its own.
watch: setup
	@exec sh tools/with_deno.sh deno run -A main.ts --stream_url "$${CAMERA:?an address: CAMERA='rtsp://camera/live' make watch}" --no_model --visualizer_port 5000

test: setup-tests
	@exec sh tools/with_deno.sh deno run -A tools/suite.ts

ok: setup-tests
	@exec sh tools/with_deno.sh deno task ok
