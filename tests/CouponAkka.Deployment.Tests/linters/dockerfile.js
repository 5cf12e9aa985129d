// Reads a Dockerfile from stdin, and prints what is wrong with it, a line each.
import { readFileSync } from "node:fs";
import { validate } from "dockerfile-utils";

for (const problem of validate(readFileSync(0, "utf8"))) console.log(`line ${problem.range.start.line + 1}: ${problem.message}`);
