#!/usr/bin/env node
// Starts the program. It comes in a package of its own for each platform, and npm installs only the one that fits.
const { spawn } = require("node:child_process")
const { constants } = require("node:os")
const { name } = require("./package.json")

const platform = `${name}-${process.platform}-${process.arch}`
const file = process.platform === "win32" ? "opentrain-mcp.exe" : "opentrain-mcp"
let program
try {
  program = require.resolve(`${platform}/bin/${file}`)
} catch {
  console.error(`opentrain-mcp: the package ${platform} is missing. Either there is no build for this platform, ` +
    "or npm skipped optional dependencies. Install again with --include=optional.")
  process.exit(1)
}

const child = spawn(program, process.argv.slice(2), { stdio: "inherit", windowsHide: true })
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
child.on("error", (error) => {
  console.error(`opentrain-mcp: ${program} doesn't start: ${error.message}`)
  process.exit(1)
})
child.on("exit", (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code))
